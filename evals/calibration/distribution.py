"""The void experiment as published: its real images come from a distribution of parameters, not from one set.

Judged on 60 real images that no run saw: the best single set, and the calibrated mixture of sets, each by the squared
MMD of 24 fresh images; and how far the mixture's mean parameters lie from the distribution's.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import numpy as np

from tools.calibration.config import CalibrationConfig
from tools.calibration.distributions import centre, draw
from tools.calibration.experiment import Experiment
from tools.calibration.source import build_source
from tools.calibration.void import REAL, VOID_SPACE
from tools.scoring.distances import mmd2
from tools.vision.backbone import CachedBackbone, get_backbone
from tools.vision.images import write_atomic

HELD_OUT, FRESH = 60, 24


def run(*, seed: int, seeds: int, iterations: int, out: Path) -> dict[str, Any]:
    """Run the experiment with its own stop rules on every seed; finished runs are read back."""
    found = [_one(number, iterations, out) for number in range(seed, seed + seeds)]

    def median(name: str) -> float:
        return float(np.median([one[name] for one in found]))

    names = ("mmd2_single", "mmd2_mixture", "noise_floor", "distance_single", "distance_mixture", "iterations")
    return {
        "seeds": seeds,
        "mixture_below_floor": sum(one["mmd2_mixture"] <= one["noise_floor"] for one in found),
        "single_below_floor": sum(one["mmd2_single"] <= one["noise_floor"] for one in found),
        "median": {name: median(name) for name in names},
    }


def _one(seed: int, iterations: int, out: Path) -> dict[str, float]:
    done = out / f"distribution-{seed}-{iterations}.json"
    if done.exists():
        found: dict[str, float] = json.loads(done.read_text())
        return found
    config = CalibrationConfig(experiment=f"distribution-{seed}-{iterations}", seed=seed, iterations=iterations)
    backbone = CachedBackbone(get_backbone(), out / "embeddings")
    source = build_source(config)
    experiment = Experiment(config, out, embed=backbone.embed, source=source, keep_images=False)
    outcome = experiment.run()
    metric = experiment.metric
    assert metric is not None
    width = float(metric.bandwidth[0])
    mixture = experiment.mixture(outcome.iterations)
    generator = np.random.default_rng([seed, 98])

    def cloud(sets: list[Any], first: int) -> Any:
        images = [source.render(values, first + 1000 * seed + n).image for n, values in enumerate(sets)]
        return metric.project(np.asarray(backbone.embed(images), dtype=np.float64))

    held_out = cloud([draw(REAL, VOID_SPACE, generator) for _ in range(HELD_OUT)], 9_000_000)
    truth = centre(REAL, VOID_SPACE)
    result = {
        "mmd2_single": mmd2(cloud([outcome.best] * FRESH, 7_000_000), held_out, bandwidth=width),
        "mmd2_mixture": mmd2(
            cloud([mixture.draw(generator) for _ in range(FRESH)], 8_000_000), held_out, bandwidth=width
        ),
        "noise_floor": experiment.floor(),
        "distance_single": VOID_SPACE.distance(outcome.best, truth),
        "distance_mixture": VOID_SPACE.distance(mixture.centre(VOID_SPACE), truth),
        "iterations": float(outcome.iterations),
    }
    write_atomic(done, json.dumps(result).encode())
    print(
        f"calibration: seed {seed}: held-out MMD² of the mixture {result['mmd2_mixture']:.3f}, of the best set "
        f"{result['mmd2_single']:.3f} (floor {result['noise_floor']:.3f})",
        file=sys.stderr,
    )
    return result
