"""Detectors on magnetic tiles: fitted on seeded three quarters of the good ones, tested on the rest and all defects.

Two splits. `random` deals photos, as published figures do. Here that is flattering: each tile was photographed
under up to six exposures, so most test photos of good tiles have a sibling among the fitted ones. `new_tiles` keeps all
photos of a tile on one side, which is what a line sees.
"""

from __future__ import annotations

import json
import re
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal

import cv2
import numpy as np
from numpy.typing import NDArray

from evals.common import REAL_DATA, bootstrap_interval
from evals.detection.metrics import PixelTable, image_metrics, peak_in_mask
from tools.detection.registry import build_detector
from tools.errors import BadInputError
from tools.vision.backbone import CachedBackbone, get_backbone
from tools.vision.images import load_image, write_atomic

Split = Literal["random", "new_tiles"]
DETECTORS: dict[str, tuple[str, dict[str, Any]]] = {
    "pixel": ("pixel", {}),
    "subspace": ("subspace", {}),
    "patchcore": ("patchcore", {}),
    "efficientad": ("efficientad", {}),
    "supersimple": ("supersimple", {}),
}
"""Name in the result → detector and options."""
SIBLING_GAP = 130
"""Photos of one tile have numbers that follow each other within this."""
MAP_SIDE_PX = 256
"""Pixel metrics are taken on maps scaled to this longer side."""
RESAMPLES = 500
FITTED_SHARE = 0.75
PLANS: tuple[tuple[Split, int, tuple[str, ...]], ...] = (
    ("random", 3, ("pixel", "subspace", "patchcore", "supersimple")),
    ("random", 1, ("efficientad",)),
    ("new_tiles", 1, ("pixel", "subspace", "patchcore", "supersimple")),
)
"""Split, number of seeds, detectors: what a full run measures within its time."""
QUICK: dict[str, dict[str, Any]] = {
    "supersimple": {"examples": 80, "steps": 40, "heads": 2},
    "efficientad": {"examples": 24, "steps": 30},
}
"""Options that make a quick run quick; its figures say that the path works, not how good a detector is."""


def split_good(paths: Sequence[Path], seed: int, split: Split) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Indices of the fitted three quarters and of the rest."""
    generator = np.random.default_rng(seed)
    half = round(FITTED_SHARE * len(paths))
    if split == "random":
        order = generator.permutation(len(paths))
        return np.sort(order[:half]), np.sort(order[half:])
    tiles = tile_of(paths)
    sizes = np.bincount(tiles)
    order = generator.permutation(len(sizes))
    kept = order[: int(np.searchsorted(np.cumsum(sizes[order]), half)) + 1]
    fitted = np.isin(tiles, kept)
    return np.flatnonzero(fitted), np.flatnonzero(~fitted)


def tile_of(paths: Sequence[Path]) -> NDArray[np.intp]:
    """A number a tile: files `exp<k>_num_<n>` whose n follow each other closely show the same one."""
    numbers = np.array([int(found.group(1)) if (found := re.search(r"num_(\d+)", p.stem)) else -1 for p in paths])
    order = np.argsort(numbers, kind="stable")
    tiles = np.empty(len(paths), dtype=np.intp)
    tiles[order] = np.r_[0, np.cumsum(np.diff(numbers[order]) > SIBLING_GAP)]
    return tiles


def run(*, seed: int, quick: bool, out: Path) -> dict[str, Any]:
    """Every detector, split and seed; finished ones are read from `out`."""
    root = REAL_DATA / "magnetic_tile"
    good = sorted((root / "good").glob("*.jpg"))[:: 4 if quick else 1]
    bad = sorted((root / "defect").rglob("*.jpg"))[:: 4 if quick else 1]
    rows: dict[str, dict[str, list[dict[str, Any]]]] = {split: {} for split, _, _ in PLANS}
    for offset in range(1 if quick else 3):
        for split, seeds, names in PLANS:
            for name in names if offset < seeds else ():
                path = out / "magnetic_tile" / f"{'quick' if quick else 'full'}-{split}-{name}-{seed + offset}.json"
                if not path.exists():
                    started = time.monotonic()
                    row = _one(name, good, bad, seed + offset, split, out / "features", quick=quick)
                    row["seconds"] = round(time.monotonic() - started, 1)
                    write_atomic(path, json.dumps(row).encode())
                row = json.loads(path.read_text())
                rows[split].setdefault(name, []).append(row)
                print(f"tiles {split} {name} seed {seed + offset}: {row['image_auroc']}", file=sys.stderr, flush=True)
    return {split: {name: _joined(found) for name, found in by.items()} for split, by in rows.items()}


def _one(
    name: str, good: Sequence[Path], bad: Sequence[Path], seed: int, split: Split, cache: Path, *, quick: bool
) -> dict[str, Any]:
    kind, options = DETECTORS[name]
    fitted, held = split_good(good, seed, split)
    made = {**options, **(QUICK.get(name, {}) if quick else {})}
    # training examples are new at each seed: keeping their features would only fill the disk
    backbone = get_backbone() if name in ("supersimple", "efficientad") else CachedBackbone(get_backbone(), cache)
    detector = build_detector(kind, backbone=backbone, **made)
    detector.fit([load_image(good[int(i)]) for i in fitted], seed=seed)
    tests = [good[int(i)] for i in held] + list(bad)
    scores, maps = [], []
    for start in range(0, len(tests), 8):
        for found in detector.predict([load_image(path) for path in tests[start : start + 8]]):
            scores.append(found.score)
            maps.append(_scaled(found.map))
    masks = [None] * len(held) + [_mask(path, m.shape) for path, m in zip(bad, maps[len(held) :], strict=True)]
    return _figures(np.asarray(scores), maps, masks, [path.parent.name for path in bad], seed)


def _scaled(values: NDArray[np.float32]) -> NDArray[np.float32]:
    factor = MAP_SIDE_PX / max(values.shape)
    size = (max(1, round(values.shape[1] * factor)), max(1, round(values.shape[0] * factor)))
    return np.asarray(cv2.resize(values, size, interpolation=cv2.INTER_AREA), dtype=np.float32)


def _mask(path: Path, shape: tuple[int, ...]) -> NDArray[np.bool_]:
    mask = cv2.imread(str(path.parents[2] / "masks" / path.parent.name / f"{path.stem}.png"), cv2.IMREAD_GRAYSCALE)
    if mask is None:
        raise BadInputError(f"the mask of {path.name} is absent; fetch the data set again")
    soft = cv2.resize((np.asarray(mask) > 127).astype(np.float32), (shape[1], shape[0]), interpolation=cv2.INTER_AREA)
    return np.asarray(soft >= 0.5)


def _figures(
    scores: NDArray[np.float64],
    maps: list[NDArray[np.float32]],
    masks: list[NDArray[np.bool_] | None],
    classes: list[str],
    seed: int,
) -> dict[str, Any]:
    """Metrics with intervals; defect photos with an empty mask count for the image figures only."""
    good = len(scores) - len(classes)
    strata = [0] * good + [1] * len(classes)
    usable = [i for i, mask in enumerate(masks) if mask is None or mask.any()]
    table = PixelTable([maps[i] for i in usable], [masks[i] for i in usable])

    def image(key: str) -> dict[str, float]:
        def statistic(picked: NDArray[np.intp]) -> float:
            return image_metrics(scores[picked[picked < good]], scores[picked[picked >= good]])[key]

        return bootstrap_interval(statistic, len(scores), seed=seed, resamples=RESAMPLES, strata=strata)

    def pixel(key: str) -> dict[str, float]:
        return bootstrap_interval(
            lambda picked: table.metrics(picked)[key],
            len(usable),
            seed=seed,
            resamples=100,
            strata=[strata[i] for i in usable],
        )

    row: dict[str, Any] = {key: image(key) for key in image_metrics(scores[:good], scores[good:])}
    row |= {key: pixel(key) for key in table.metrics()}
    marked = [(maps[i], mask) for i in usable if (mask := masks[i]) is not None]
    row["peak_in_mask"] = peak_in_mask([m for m, _ in marked], [k for _, k in marked])
    names = np.array(classes)
    row["by_class"] = {
        str(name): image_metrics(scores[:good], scores[good:][names == name])["image_auroc"]
        for name in np.unique(names)
    }
    return row


def _joined(rows: list[dict[str, Any]]) -> dict[str, Any]:
    """Mean over seeds of values and interval ends, and each seed's image AUROC."""

    def mean(values: list[Any]) -> Any:
        if isinstance(values[0], dict):
            return {key: mean([value[key] for value in values]) for key in values[0]}
        return float(np.mean(values))

    joined: dict[str, Any] = mean(rows)
    return joined | {"image_auroc_by_seed": [row["image_auroc"]["value"] for row in rows]}
