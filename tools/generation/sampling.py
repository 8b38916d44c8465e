"""Variation on request: points that cover the ranges of a Blueprint evenly.

A scrambled Sobol sequence (Sobol 1967, scrambled after Owen 1995; `scipy.stats.qmc`) over every field that holds a
range, so that fifty images cover lengths, widths, counts, contrasts and directions instead of clumping.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy.stats import qmc

from tools.blueprint.model import Blueprint
from tools.generation.errors import BlueprintDoesNotFitError

_RANGES = (
    "geometry.length_mm",
    "geometry.width_mm",
    "geometry.depth_mm",
    "geometry.diameter_mm",
    "geometry.curvature",
    "appearance.contrast",
    "count",
)


def sample_blueprints(blueprint: Blueprint, count: int, seed: int) -> list[Blueprint]:
    """Blueprints with point values spread evenly over the ranges of one.

    Args:
        blueprint: fields with `min < max` are sampled; the others stay. A length is never sampled below a width.
        count: how many, 1 or more.
        seed: of the scrambling.

    Returns:
        `count` Blueprints in which every sampled range has `min == max`; `orientation_deg` with a spread becomes one
        angle with no spread.

    Raises:
        BlueprintDoesNotFitError: `count` is below 1 or the seed negative.
    """
    if count < 1 or seed < 0:
        raise BlueprintDoesNotFitError(
            f"{count} samples with seed {seed} cannot be drawn; give 1 or more and a seed >= 0"
        )
    data = blueprint.model_dump(mode="json")
    paths = [path for path in _RANGES if (value := _get(data, path)) is not None and value["min"] < value["max"]]
    turning = blueprint.geometry.orientation_deg is not None and (blueprint.geometry.orientation_spread_deg or 0.0) > 0
    dimensions = len(paths) + int(turning)
    if dimensions == 0:
        return [blueprint] * count
    sampler = qmc.Sobol(dimensions, scramble=True, rng=np.random.default_rng(seed))
    points = sampler.random_base2(int(np.ceil(np.log2(max(count, 2)))))[:count]
    return [_at(blueprint, paths, turning, point) for point in points]


def _get(data: dict[str, Any], path: str) -> dict[str, Any] | None:
    node: Any = data
    for name in path.split("."):
        node = node[name]
    return node if isinstance(node, dict) else None


def _at(blueprint: Blueprint, paths: list[str], turning: bool, point: np.ndarray) -> Blueprint:
    """The Blueprint at one point of the unit cube."""
    data = blueprint.model_dump(mode="json")
    for path, u in zip(paths, point, strict=False):
        value = _get(data, path)
        assert value is not None
        low, high = value["min"], value["max"]
        drawn = low + int(u * (high - low + 1)) if path == "count" else float(f"{low + u * (high - low):.7g}")
        drawn = min(max(drawn, low), high)
        value["min"] = value["max"] = drawn
    _longer_than_wide(data["geometry"])
    if turning:
        geometry = data["geometry"]
        spread = geometry["orientation_spread_deg"]
        angle = (geometry["orientation_deg"] + (2.0 * point[-1] - 1.0) * spread) % 180.0
        geometry["orientation_deg"], geometry["orientation_spread_deg"] = min(round(float(angle), 3), 179.999), 0.0
    return Blueprint.model_validate(data)


def _longer_than_wide(geometry: dict[str, Any]) -> None:
    """Swap a sampled length and width where the ranges overlap and the width came out larger."""
    length, width = geometry["length_mm"], geometry["width_mm"]
    if length and width and width["min"] > length["max"] and length["min"] == length["max"]:
        geometry["length_mm"], geometry["width_mm"] = width, length
