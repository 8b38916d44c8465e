"""Real blowholes of magnetic tiles: calibrate on half of the specimens, judge on the other half.

Judged is the renderer as it comes (a void, drawn at random) against a blend: half of the voids drawn as it comes, half
of the calibrated mixture of parameter sets (a handful of photos shows only some of what will come; the mixture alone is
reported besides). Figures: the
squared MMD of crops around drawn voids to crops around held-out real blowholes, and the pixel average precision of a
segmenter that was trained on drawn voids alone, on held-out blowholes and good tiles. The renderer's defaults were
themselves chosen while looking at magnetic tiles, so "before" is better here than on a material nobody looked at.
"""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from evals.common import REAL_DATA
from evals.synthesis.downstream import Bench, Size
from evals.synthesis.tiles import Split, Tile, find_tiles, load_tile, split_tiles
from tools.blueprint.model import Blueprint
from tools.calibration.config import CalibrationConfig
from tools.calibration.experiment import Experiment
from tools.calibration.source import apply, crop_around
from tools.calibration.space import Category, Number, Space, Value
from tools.generation.registry import get_generator
from tools.scoring.distances import mmd2
from tools.vision.backbone import get_backbone
from tools.vision.images import save_png
from tools.vision.types import Mask, RgbImage

SPACE = Space(
    parameters={
        "style.brightness_factor": Number(low=0.1, high=1.3),
        "style.size_factor": Number(low=0.3, high=2.5),
        "style.edge_px": Number(low=0.5, high=4),
        "style.rim": Number(low=0, high=1),
        "style.depth": Number(low=0, high=2),
        "style.raggedness": Number(low=0, high=0.8),
        "style.mottle": Number(low=0, high=1),
        "appearance.edge": Category(choices=("sharp", "soft")),
    }
)
CROP_PX = 64
JUDGED = 60
SPREAD = 0.05
"""Standard deviation, as a share of each number's range, by which a drawn set is moved: no two images are alike."""
USUAL = 0.5
"""Share of the blend that is drawn as the renderer comes."""
FULL = Size(count=300, decoder_steps=400, unet_steps=0, folds=2)
QUICK = Size(count=60, decoder_steps=60, unet_steps=0, folds=2)


def run(*, seed: int, quick: bool, out: Path) -> dict[str, Any]:
    """Calibrate and compare; finished parts are read back."""
    split = split_tiles(find_tiles(REAL_DATA / "magnetic_tile"), seed=seed)
    voids = [tile for tile in split.defects if tile.kind == "blowhole" and load_tile(tile)[1].any()]
    specimens = np.random.default_rng(seed).permutation(sorted({tile.specimen for tile in voids}))
    known = set(specimens[: len(specimens) // 2].tolist())
    given = [tile for tile in voids if tile.specimen in known]
    held_out = [tile for tile in voids if tile.specimen not in known]
    mixture = _calibrate(given, split, out, seed, iterations=2 if quick else 10)
    makers = {
        "before": _maker(split, None),
        "mixture_alone": _maker(split, mixture),
        "after": _maker(split, mixture, usual=USUAL),
    }
    backbone = get_backbone()

    def embedded(images: list[RgbImage]) -> Any:
        return np.asarray(backbone.embed(images), dtype=np.float64)

    real = embedded([crop_around(*load_tile(tile), CROP_PX) for tile in held_out])
    result: dict[str, Any] = {"given": len(given), "held_out": len(held_out), "mixture": mixture}
    size = QUICK if quick else FULL
    narrow = replace(split, defects=tuple(held_out))
    bench = Bench(narrow, out / "downstream", size, seed=seed)
    for name, make in makers.items():
        drawn = [make(index, np.random.default_rng([seed, 5, index])) for index in range(JUDGED)]
        crops = embedded([crop_around(image, mask, CROP_PX) for image, mask, _ in drawn])
        width = float(np.median(np.linalg.norm(real[:, None] - real[None], axis=2)[np.triu_indices(len(real), 1)]))
        result[f"mmd_{name}"] = mmd2(crops, real, bandwidth=width)
        judged = bench.run("sculpted_voids", "decoder", make, key=_key(name, mixture))["pixel_ap"]
        result |= {f"pixel_ap_{name}": judged["value"], f"pixel_ap_{name}_interval": [judged["low"], judged["high"]]}
    return result


def _key(name: str, mixture: list[dict[str, Any]]) -> str:
    """A kept training run counts only for the parameters that it was made with."""
    if name == "before":
        return ""
    blend = f"-blend-{USUAL}" if name == "after" else ""
    return f"{blend}-calibrated-{hashlib.sha256(json.dumps(mixture, sort_keys=True).encode()).hexdigest()[:8]}"


def _calibrate(given: list[Tile], split: Split, out: Path, seed: int, *, iterations: int) -> list[dict[str, Any]]:
    """The calibrated mixture: `share` and `parameters` of each set."""
    folder = out / f"real-{seed}-{iterations}"
    done = folder / "experiments" / "blowholes" / "result.json"
    if done.exists():
        return list(json.loads(done.read_text())["mixture"])
    for part in ("real", "masks", "good"):
        shutil.rmtree(folder / part, ignore_errors=True)
    for tile in given:
        image, mask = load_tile(tile)
        save_png(folder / "real" / f"{tile.path.stem}.png", image)
        save_png(folder / "masks" / f"{tile.path.stem}.png", mask)
    for tile in split.train_good[:40]:
        save_png(folder / "good" / f"{tile.path.stem}.png", load_tile(tile)[0])
    config = CalibrationConfig(
        experiment="blowholes",
        seed=seed,
        space=SPACE,
        iterations=iterations,
        blueprint="a void",
        good=folder / "good",
        real=folder / "real",
        real_masks=folder / "masks",
        crop_px=CROP_PX,
    )
    return Experiment(config, folder, embed=get_backbone().embed).run().mixture


def _maker(
    split: Split, mixture: list[dict[str, Any]] | None, *, usual: float = 0.0
) -> Callable[[int, np.random.Generator], tuple[RgbImage, Mask, str]]:
    """Voids on training photos: at random, or of the calibrated mixture but for a share that is `usual`."""
    generator = get_generator()
    bare = Blueprint(defect_type="void")

    def make(index: int, rng: np.random.Generator) -> tuple[RgbImage, Mask, str]:
        del index
        blueprint = bare
        if mixture is not None and not (usual and rng.random() < usual):
            chosen = mixture[int(rng.choice(len(mixture), p=_shares(mixture)))]
            blueprint = apply(bare, _scattered(chosen["parameters"], rng))
        tile = split.train_good[int(rng.integers(len(split.train_good)))]
        drawn = generator.generate(blueprint, load_tile(tile)[0], int(rng.integers(2**31)))
        return drawn.image, drawn.mask, "void"

    return make


def _shares(mixture: list[dict[str, Any]]) -> Any:
    shares = np.array([one["share"] for one in mixture])
    return shares / shares.sum()


def _scattered(best: dict[str, Value], rng: np.random.Generator) -> dict[str, Value]:
    values: dict[str, Value] = {}
    for name, part in SPACE.parameters.items():
        if isinstance(part, Category):
            values[name] = best[name]
        else:
            moved = float(best[name]) + rng.normal(0.0, SPREAD * (part.high - part.low))
            values[name] = float(np.clip(moved, part.low, part.high))
    return values
