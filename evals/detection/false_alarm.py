"""Is the promise about false alarms kept? Random splits of good parts: calibrate on one part, count on the other.

For each split a detector is fitted and calibrated on two thirds of the good tiles, exactly as `redrabbit fit` does, and
the other third is inspected. A split is "within" when the share of its held-out good tiles called NG is at most the
promised rate. Two promises are checked on the same fits: about the very number of parts that are held out (the main
figure) and about the long run.

Two kinds of split, because each tile was photographed under up to six exposures. `photos` splits the photos at random:
most held-out photos have a sibling of the same tile among the fitted ones, in the folds as in the test. `tiles` keeps
all photos of a tile on one side, in the folds too (`--group-by`): a tile is flagged when one of its photos is. `tiles`
with folds of photos (`leaky_folds`) shows what goes wrong where siblings are not told.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import numpy as np

from evals.common import REAL_DATA
from evals.detection.magnetic_tile import tile_of
from tools.detection.calibration import Calibration, calibrate
from tools.detection.config import InspectConfig, with_overrides
from tools.detection.held_out import Reporter, fit_and_hold_out
from tools.detection.photos import PhotoSet
from tools.detection.postprocess import Chain
from tools.detection.presets import get_preset
from tools.detection.protocol import Detector, Prediction
from tools.detection.registry import build_detector
from tools.detection.verdict import judge
from tools.errors import BadInputError
from tools.vision.images import write_atomic

PROMISED = 0.05
CONFIDENCE = 0.95
KINDS = {"photos": 20, "tiles": 20, "leaky_folds": 8}
"""Kind of split → how many in a full run."""
DETECTORS: dict[str, dict[str, Any]] = {"patchcore": {"coreset": 400, "max_patches": 30_000, "side_px": 224}}
"""Settings that let 60 splits x 4 fits end in minutes; the guarantee does not depend on how good the detector is."""


def run(*, seed: int, quick: bool, out: Path) -> dict[str, Any]:
    """The `false_alarm` part of the detection evaluation.

    Args:
        seed: of the splits.
        quick: fewer splits and tiles.
        out: where features and finished splits are kept, so that a stopped run goes on.
    """
    folder = REAL_DATA / "magnetic_tile" / "good"
    if not folder.is_dir():
        raise BadInputError("the real images are absent; set REDRABBIT_REAL_DATA to the folder with magnetic_tile/")
    tiles = sorted(folder.glob("*.jpg"))[:: 3 if quick else 1]
    name, options = next(iter(DETECTORS.items()))
    found = {}
    for kind, full in KINDS.items():
        splits = min(full, 2) if quick else full
        rows = []
        for number in range(splits):
            path = out / "false_alarm" / f"{'quick' if quick else 'full'}-{kind}-{seed}-{number:02d}.json"
            if not path.exists():
                row = _split(tiles, kind, name, options, seed=1000 * seed + number, cache=out / "features")
                write_atomic(path, json.dumps(row).encode())
            rows.append(json.loads(path.read_text()))
            print(f"false alarms: {kind} {number + 1} of {splits}: {rows[-1]['lot']}", file=sys.stderr, flush=True)
        found[kind] = _summary(rows)
    return {"promised": PROMISED, "confidence": CONFIDENCE, "detector": name, **found["photos"], **_others(found)}


def _others(found: dict[str, dict[str, Any]]) -> dict[str, Any]:
    return {"new_tiles": found["tiles"], "new_tiles_leaky_folds": found["leaky_folds"]}


def _split(
    tiles: list[Path], kind: str, name: str, options: dict[str, Any], *, seed: int, cache: Path
) -> dict[str, Any]:
    """Fit and calibrate on two thirds, count false alarms on the rest."""
    from tools.vision.backbone import get_backbone
    from tools.vision.backbone.cache import CachedBackbone

    number = tile_of(tiles)
    parts = [str(one) for one in (np.arange(len(tiles)) if kind == "photos" else number)]
    names = sorted(set(parts))
    order = np.random.default_rng(seed).permutation(len(names))
    away = {names[index] for index in order[: len(names) // 3]}
    kept = [index for index, part in enumerate(parts) if part not in away]
    test = [index for index, part in enumerate(parts) if part in away]
    backbone = CachedBackbone(get_backbone(), cache)

    def build() -> Detector:
        return build_detector(name, backbone=backbone, **options)

    settings = InspectConfig(defects=get_preset("calm"))
    groups = [parts[index] for index in kept] if kind == "tiles" else None
    photos = PhotoSet([tiles[index] for index in kept], groups=groups)
    detector, held_out, folds = fit_and_hold_out(build, photos, settings, "kfold", 3, seed, Reporter(None, None))
    fresh = PhotoSet([tiles[index] for index in test])
    predictions = [one for first in range(0, len(fresh), 8) for one in detector.predict(fresh[first : first + 8])]
    row: dict[str, Any] = {"seed": seed, "calibrated_on": len(set(photos.groups)), "held_out": len(away)}
    for label, lot in (("long_run", None), ("lot", len(away))):
        changes = {"verdict.false_alarm_rate": PROMISED, "verdict.confidence": CONFIDENCE, "verdict.lot_size": lot}
        limits = calibrate(held_out, settings.defects, with_overrides(settings, changes).verdict, folds=folds)
        counted = _count(predictions, [parts[index] for index in test], settings, limits)
        row[label] = {**counted, "guarantee_met": limits.guarantee_met}
    return row


def _count(
    predictions: list[Prediction], parts: list[str], settings: InspectConfig, limits: Calibration
) -> dict[str, Any]:
    """Good parts with a photo that the line would call NG."""
    chain = Chain(settings.defects, limits.baseline)
    verdicts = [judge(one, chain, limits).verdict for one in predictions]
    flagged = {part for part, verdict in zip(parts, verdicts, strict=True) if verdict == "ng"}
    return {"flagged": len(flagged), "rate": len(flagged) / len(set(parts))}


def _summary(rows: list[dict[str, Any]]) -> dict[str, Any]:
    def part(label: str) -> dict[str, Any]:
        rates = [row[label]["rate"] for row in rows]
        return {
            "splits": len(rates),
            "splits_within": sum(rate <= PROMISED for rate in rates),
            "rate_mean": float(np.mean(rates)),
            "rate_max": float(np.max(rates)),
            "rates": rates,
            "guarantee_met": all(row[label]["guarantee_met"] for row in rows),
        }

    first = rows[0]
    sizes = {"lot_size": first["held_out"], "calibrated_on": first["calibrated_on"]}
    return {**part("lot"), **sizes, "long_run": part("long_run")}
