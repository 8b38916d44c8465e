"""Known truth: how near does a run get to parameters that only the evaluation knows, and with how many images.

Every seed draws a true parameter set from the void experiment's "real" distribution; all real images are made with it.
Runs of a seed share iteration 0. After each iteration the set a run believes best is judged twice: its distance to the
truth (root mean square over parameters, numbers as a share of their bounds, a wrong shape counts 1), and the squared
MMD of 12 fresh images of it to 60 real images that no optimiser saw.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from tools.calibration.config import CalibrationConfig, Group, Iteration0, Stop
from tools.calibration.distributions import Choice, Distribution, Normal, draw
from tools.calibration.experiment import Experiment
from tools.calibration.source import build_source
from tools.calibration.space import Category, Value
from tools.calibration.void import REAL, VOID_SPACE
from tools.scoring.distances import mmd2
from tools.vision.backbone import CachedBackbone, get_backbone
from tools.vision.images import write_atomic

OPTIMISERS = ("botorch", "sobol", "random")
HELD_OUT = 60
FRESH = 12
REAL_IMAGES = 15
NEVER = Stop(threshold=-1e9, patience=10_000)
EXACT = 1e-9
"""Standard deviation of a distribution that always gives the same value."""


def run(*, seed: int, seeds: int, iterations: int, out: Path) -> dict[str, Any]:
    """Run every optimiser on every seed (finished runs are read back) and compare them."""
    runs: dict[str, list[list[dict[str, Any]]]] = {name: [] for name in OPTIMISERS}
    for number in range(seed, seed + seeds):
        for name in OPTIMISERS:
            runs[name].append(_one(name, number, iterations, out))
            last = runs[name][-1][-1]
            print(
                f"calibration: seed {number} {name}: parameter distance {last['parameter_distance']:.3f}, "
                f"held-out MMD² {last['held_out_mmd2']:.3f} (floor {last['noise_floor']:.3f})",
                file=sys.stderr,
            )
    return summary(runs, iterations)


def truth_of(seed: int) -> dict[str, Value]:
    """The parameter set that a seed's real images are made with."""
    return draw(REAL, VOID_SPACE, np.random.default_rng([seed, 77]))


def always(values: Mapping[str, Value]) -> Distribution:
    """A distribution that gives these values and no other."""
    found: dict[str, Normal | Choice] = {}
    for name, part in VOID_SPACE.parameters.items():
        if isinstance(part, Category):
            found[name] = Choice(probabilities=tuple(float(choice == values[name]) for choice in part.choices))
        else:
            found[name] = Normal(mean=float(values[name]), std=EXACT)
    return found


def _one(name: str, seed: int, iterations: int, out: Path) -> list[dict[str, Any]]:
    done = out / f"recovery-{name}-{seed}-{iterations}.json"
    if done.exists():
        found: list[dict[str, Any]] = json.loads(done.read_text())
        return found
    truth = truth_of(seed)
    backbone = CachedBackbone(get_backbone(), out / "embeddings")
    config = CalibrationConfig(
        experiment=f"{name}-{seed}-{iterations}",
        seed=seed,
        optimiser=name,
        iterations=iterations,
        iteration_0=Iteration0(real=Group(sets=5, replications=3, distribution=always(truth))),
        stop=NEVER,
    )
    source = build_source(config)
    experiment = Experiment(config, out, embed=backbone.embed, source=source, keep_images=False)
    with experiment.clock.stage("whole"):
        outcome = experiment.run()
    metric = experiment.metric
    assert metric is not None
    width = float(metric.bandwidth[0])

    def cloud(values: Mapping[str, Value], first: int, count: int) -> Any:
        images = [source.render(values, first + n).image for n in range(count)]
        return metric.project(np.asarray(backbone.embed(images), dtype=np.float64))

    held_out = cloud(truth, 9_000_000 + 1000 * seed, HELD_OUT)
    floor = experiment.floor()
    steps: list[dict[str, Any]] = []
    seen: dict[str, float] = {}
    for step in outcome.history:
        key = json.dumps(step["best"], sort_keys=True)
        if key not in seen:
            seen[key] = mmd2(cloud(step["best"], 7_000_000 + 1000 * seed, FRESH), held_out, bandwidth=width)
        steps.append(
            {
                "iteration": step["iteration"],
                "images": 48 + 24 * step["iteration"],
                "parameter_distance": VOID_SPACE.distance(step["best"], truth),
                "held_out_mmd2": seen[key],
                "noise_floor": floor,
                "best": step["best"],
            }
        )
    steps[-1]["clock"] = experiment.clock.summary()
    write_atomic(done, json.dumps(steps).encode())
    return steps


def _time_of_a_run(runs: list[list[dict[str, Any]]], images: int) -> dict[str, Any]:
    """Median over seeds of the seconds of a whole run by stage; botorch runs first, so nothing of it is cached."""
    clocks = [steps[-1]["clock"] for steps in runs]
    stages = {
        name: {kind: float(np.median([clock[name][kind] for clock in clocks])) for kind in ("wall_s", "processor_s")}
        for name in clocks[0]
    }
    return {"images": images, "median_seconds": stages}


def images_to_reach(steps: list[dict[str, Any]], field: str, goal: float) -> int | None:
    """Images from which on a run was, and stayed, as near as the goal; None if it did not end there."""
    reached = None
    for step in reversed(steps):
        if step[field] > goal:
            break
        reached = int(step["images"])
    return reached


def summary(runs: dict[str, list[list[dict[str, Any]]]], iterations: int) -> dict[str, Any]:
    """Final distances of each optimiser, and how many images ours needs for random's final distance.

    A seed in which ours does not end as near as random counts as twice the budget.
    """
    total = 48 + 24 * iterations
    ratios, mmd_ratios = [], []
    for ours, random in zip(runs["botorch"], runs["random"], strict=True):
        needed = images_to_reach(ours, "parameter_distance", random[-1]["parameter_distance"])
        ratios.append((needed or 2 * total) / total)
        needed = images_to_reach(ours, "held_out_mmd2", max(random[-1]["held_out_mmd2"], 0.0))
        mmd_ratios.append((needed or 2 * total) / total)

    def final(name: str, field: str) -> dict[str, float]:
        values = [steps[-1][field] for steps in runs[name]]
        low, middle, high = np.quantile(values, [0.25, 0.5, 0.75])
        return {"median": float(middle), "q25": float(low), "q75": float(high)}

    def curve(name: str, field: str) -> list[float]:
        return [float(np.median([steps[n][field] for steps in runs[name]])) for n in range(iterations + 1)]

    return {
        "images_ratio_to_random": float(np.median(ratios)),
        "images_ratio_to_random_by_mmd": float(np.median(mmd_ratios)),
        "converged_within_10": converged(runs["botorch"]),
        "converged_within_10_by_optimiser": {name: converged(runs[name]) for name in OPTIMISERS},
        "seeds": len(ratios),
        "images": total,
        "ratios": ratios,
        "void_experiment": _time_of_a_run(runs["botorch"], total + REAL_IMAGES),
        "final": {
            name: {field: final(name, field) for field in ("parameter_distance", "held_out_mmd2")}
            for name in OPTIMISERS
        },
        "curves": {name: curve(name, "parameter_distance") for name in OPTIMISERS},
        "curves_mmd2": {name: curve(name, "held_out_mmd2") for name in OPTIMISERS},
    }


def converged(runs: list[list[dict[str, Any]]]) -> int:
    """In how many runs the believed best came as near to the held-out real images as real ones to each other."""
    return sum(any(step["held_out_mmd2"] <= step["noise_floor"] for step in steps) for steps in runs)
