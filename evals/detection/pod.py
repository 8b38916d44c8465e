"""Probability of detection on real tiles: sculpted scratches, cracks and voids of rising size on unseen good tiles."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path
from typing import Any

from evals.common import REAL_DATA
from tools.blueprint.parser import parse
from tools.detection.config import InspectConfig
from tools.detection.fit import fit_bundle
from tools.detection.pod import PodPlan, measure_pod
from tools.detection.pod_plot import plot_pod
from tools.detection.presets import get_preset
from tools.errors import BadInputError

DEFECTS = ("a dark scratch", "a crack", "a void")
SIZES = {"a dark scratch": (6.0, 150.0), "a crack": (6.0, 150.0), "a void": (2.0, 40.0)}
"""In pixels: the tiles have no scale."""


DETECTORS: dict[str, dict[str, Any]] = {
    "patchcore": {"coreset": 1000, "max_patches": 100_000},
    "supersimple": {"preset": "quick"},
}
"""Detector → options. supersimple learned from other defects of the same renderer, any type: its curve flatters."""


def run(*, seed: int, quick: bool, out: Path) -> dict[str, Any]:
    """The `pod` part of the detection evaluation, by detector."""
    return {name: _curves(name, options, seed=seed, quick=quick, out=out) for name, options in DETECTORS.items()}


def _curves(detector: str, options: dict[str, Any], *, seed: int, quick: bool, out: Path) -> dict[str, Any]:
    """`<defect>.{a50, a90, a90_95, reached, trials, hits, words}`, sizes in px."""
    folder = REAL_DATA / "magnetic_tile" / "good"
    if not folder.is_dir():
        raise BadInputError("the real images are absent; set REDRABBIT_REAL_DATA to the folder with magnetic_tile/")
    tiles = sorted(folder.glob("*.jpg"))
    known, unseen = tiles[:: 8 if quick else 3], tiles[1 :: 8 if quick else 3]
    with tempfile.TemporaryDirectory() as scratch:
        bundle = fit_bundle(
            known, Path(scratch) / "bundle", detector=detector, seed=seed, folds=3, options=options,
            config=InspectConfig(defects=get_preset("calm")),
        )  # fmt: skip
        curves = []
        for text in DEFECTS:
            low, high = SIZES[text]
            plan = PodPlan(low, high, 30 if quick else 80, seed)
            curves.append(measure_pod(bundle, unseen, parse(text).blueprint, plan))
            print(f"pod: {detector}: {curves[-1].words}", file=sys.stderr, flush=True)
    plot_pod(curves, out / f"pod-{detector}.png")
    return {
        curve.defect_type: {
            "unit": curve.unit,
            "a50": curve.a50,
            "a90": curve.a90,
            "a90_95": curve.a90_95,
            "reached": curve.reached,
            "trials": len(curve.trials),
            "hits": sum(trial.hit for trial in curve.trials),
            "words": curve.words,
        }
        for curve in curves
    }
