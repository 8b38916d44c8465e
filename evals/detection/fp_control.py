"""False positives under control, and the defects still there: magnetic tiles before and after post-processing.

A detector is fitted on half of the good tiles. A quarter sets the pixel threshold (the same quantile of good pixels for
every set of filters, so that only the filters differ), the last quarter counts false regions, and the real defects tell
what is kept: a defect is kept when a region touches its mask. The filters alone are also tried on perfect masks.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from evals.common import REAL_DATA
from tools.detection.config import DefectsConfig
from tools.detection.filter_check import check_masks
from tools.detection.postprocess import Chain
from tools.detection.presets import PRESETS
from tools.detection.protocol import Detector
from tools.detection.registry import build_detector
from tools.errors import BadInputError
from tools.vision.images import load_image
from tools.vision.masks import BoolMask, load_mask
from tools.vision.types import ScoreMap

QUANTILE = 0.999
OPTIONS: dict[str, Any] = {"coreset": 1000, "max_patches": 100_000}
CLASSES = ("blowhole", "break", "crack", "fray", "uneven")


@dataclass(frozen=True)
class _Maps:
    """Score maps of good tiles (for the threshold, for counting) and of defects with their masks."""

    calibration: list[ScoreMap]
    good: list[ScoreMap]
    bad: dict[str, list[tuple[ScoreMap, BoolMask]]]


def run(*, seed: int, quick: bool, out: Path, detector: str = "patchcore") -> dict[str, Any]:
    """The `fp_control` part of the detection evaluation.

    Returns:
        `detector`, `quantile`, `good_images`, `presets.<name>` with `false_regions_per_100`, `false_images_share`,
        `kept` and `perfect_masks_kept` (each by class and `all`), and `after_keeps_cracks`.
    """
    root = REAL_DATA / "magnetic_tile"
    if not root.is_dir():
        raise BadInputError("the real images are absent; set REDRABBIT_REAL_DATA to the folder with magnetic_tile/")
    maps = _predict(root, detector, seed=seed, quick=quick, cache=out / "features")
    pixels = np.concatenate([one.ravel()[::20] for one in maps.calibration])
    baseline, threshold = float(np.median(pixels)), float(np.quantile(pixels, QUANTILE))
    found = {}
    for name, settings in PRESETS.items():
        found[name] = {**_measure(maps, settings, baseline, threshold), "perfect_masks_kept": _perfect(maps, settings)}
        print(f"fp control: {name}: {found[name]['false_regions_per_100']:.1f} per 100", file=sys.stderr, flush=True)
    before, after = found["plain"], found["calm"]
    return {
        "detector": detector,
        "quantile": QUANTILE,
        "good_images": len(maps.good),
        "before": "plain",
        "after": "calm",
        "presets": found,
        "after_keeps_cracks": after["kept"]["crack"] >= before["kept"]["crack"],
    }


def _predict(root: Path, detector: str, *, seed: int, quick: bool, cache: Path) -> _Maps:
    from tools.vision.backbone import get_backbone
    from tools.vision.backbone.cache import CachedBackbone

    step = 4 if quick else 1
    tiles = sorted((root / "good").glob("*.jpg"))[::step]
    order = np.random.default_rng(seed).permutation(len(tiles))
    half, quarter = len(tiles) // 2, len(tiles) // 4
    made = build_detector(detector, backbone=CachedBackbone(get_backbone(), cache), **OPTIONS)
    made.fit([load_image(tiles[index]) for index in order[:half]], seed=seed)
    held_out = [_map(made, tiles[index]) for index in order[half:]]
    bad: dict[str, list[tuple[ScoreMap, BoolMask]]] = {}
    for name in CLASSES:
        for path in sorted((root / "defect" / name).glob("*.jpg"))[::step]:
            mask = load_mask(root / "masks" / name / f"{path.stem}.png") > 0
            if mask.any():
                bad.setdefault(name, []).append((_map(made, path), mask))
    return _Maps(held_out[:quarter], held_out[quarter:], bad)


def _map(detector: Detector, path: Path) -> ScoreMap:
    return detector.predict([load_image(path)])[0].map


def _measure(maps: _Maps, settings: DefectsConfig, baseline: float, threshold: float) -> dict[str, Any]:
    """False regions on good tiles and kept defects, at one threshold."""
    # a fixed least score of another detector's unit would delete everything or nothing
    chain = Chain(settings.model_copy(update={"min_score_max": None, "min_score_mean": None}), baseline)
    counts = [len(chain.finish(chain.prepare(one), threshold).groups) for one in maps.good]
    hits = {
        name: [_touches(chain, one, mask, threshold) for one, mask in items] for name, items in sorted(maps.bad.items())
    }
    return {
        "false_regions_per_100": 100.0 * float(np.mean(counts)),
        "false_images_share": float(np.mean([count > 0 for count in counts])),
        "kept": _shares(hits),
    }


def _touches(chain: Chain, scores: ScoreMap, mask: BoolMask, threshold: float) -> bool:
    found: NDArray[np.bool_] = chain.finish(chain.prepare(scores), threshold).mask
    return bool((found & mask).any())


def _perfect(maps: _Maps, settings: DefectsConfig) -> dict[str, float]:
    """Share of perfect masks that the filters keep."""
    kept: dict[str, float] = {}
    total = lost = 0
    for name, items in sorted(maps.bad.items()):
        check = check_masks([(mask * np.uint8(255)).astype(np.uint8) for _, mask in items], settings, name=name)
        kept[name] = 1.0 - check.share
        total, lost = total + check.masks, lost + check.deleted
    return {**kept, "all": 1.0 - lost / total}


def _shares(hits: Mapping[str, Sequence[bool]]) -> dict[str, float]:
    every = [one for items in hits.values() for one in items]
    return {**{name: float(np.mean(items)) for name, items in hits.items()}, "all": float(np.mean(every))}
