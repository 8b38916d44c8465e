"""How big: from millimetres, severity and the type's own range to pixels."""

from __future__ import annotations

import math

from tools.blueprint.model import Blueprint, Origin, PositiveRange, Severity
from tools.generation.errors import BlueprintDoesNotFitError
from tools.generation.renderer.kind import RenderType, Sizes
from tools.generation.renderer.streams import unit

SEVERITY_SIZE = {Severity.MINOR: 0.55, Severity.MODERATE: 1.0, Severity.SEVERE: 1.5, Severity.CRITICAL: 2.1}
SEVERITY_VISIBILITY = {Severity.MINOR: 0.55, Severity.MODERATE: 0.85, Severity.SEVERE: 1.15, Severity.CRITICAL: 1.4}
_FIELDS = ("length_mm", "width_mm", "diameter_mm", "depth_mm")


def asked_ranges(blueprint: Blueprint) -> dict[str, PositiveRange]:
    """The size fields that count: all that are set, less registry defaults where there is no scale to draw them at.

    Raises:
        BlueprintDoesNotFitError: somebody said millimetres, and the scale is unknown.
    """
    ranges = {name: value for name in _FIELDS if (value := getattr(blueprint.geometry, name)) is not None}
    if blueprint.mm_per_px is not None:
        return ranges
    said = [name for name in ranges if blueprint.origin.get(f"geometry.{name}") is not Origin.DEFAULT]
    if said:
        value = ranges[said[0]]
        raise BlueprintDoesNotFitError(
            f"{said[0]} is {value.min:g} to {value.max:g} mm but the photo's scale is unknown; "
            "give --mm-per-px (millimetres a pixel)"
        )
    return {}


def sizes(
    blueprint: Blueprint, kind: RenderType, values: dict[str, float], short_px: int, key: tuple[int, int]
) -> Sizes:
    """The size of one instance.

    Args:
        blueprint: asked sizes, severity, scale.
        kind: the type.
        values: its parameters; may hold `base_size_px` and `size_std_px`.
        short_px: short side of the part in pixels.
        key: seed and instance number.

    Raises:
        BlueprintDoesNotFitError: no scale, or smaller than a pixel.
    """
    ranges = asked_ranges(blueprint)
    pixels = {name: _draw(value, *key, name) / (blueprint.mm_per_px or 1.0) for name, value in ranges.items()}
    for name in ("length_mm", "diameter_mm"):
        if name in pixels and pixels[name] < 1.0:
            raise BlueprintDoesNotFitError(
                f"a {name.split('_')[0]} of {pixels[name] * (blueprint.mm_per_px or 1.0):g} mm is "
                f"{pixels[name]:.2g} px at {blueprint.mm_per_px:g} mm a pixel; photograph from closer"
            )
    depth = pixels.pop("depth_mm", None)
    free = _free(blueprint, kind, values, short_px, key)
    asked = {name.replace("_mm", "_px"): value for name, value in pixels.items()}
    return _stroke(asked, free, depth) if kind.stroke else _blob(asked, free, depth)


def _draw(value: PositiveRange, seed: int, index: int, name: str) -> float:
    return value.min + unit(seed, "size", index, name) * (value.max - value.min)


def _free(
    blueprint: Blueprint, kind: RenderType, values: dict[str, float], short_px: int, key: tuple[int, int]
) -> tuple[float, float]:
    """Length and width that nobody asked for."""
    if "base_size_px" in values and values["base_size_px"] > 0:
        spread = values.get("size_std_px", 0.0)
        gauss = sum(unit(*key, "gauss", i) for i in range(12)) - 6.0
        length = max(3.0, values["base_size_px"] + spread * gauss)
    else:
        low, high = kind.size.share
        share = math.exp(math.log(low) + unit(*key, "share") * (math.log(high) - math.log(low)))
        severity = SEVERITY_SIZE[blueprint.severity] if blueprint.severity else 1.0
        length = max(kind.size.min_px, share * short_px * severity * values.get("size_factor", 1.0))
    if kind.size.width_share is not None:
        low, high = kind.size.width_share
        width = (low + unit(*key, "width") ** 2 * (high - low)) * short_px * values.get("width_factor", 1.0)
        return length, max(1.2, min(width, length * kind.size.aspect[1] * max(1.0, values.get("width_factor", 1.0))))
    low, high = kind.size.aspect
    aspect = (low + unit(*key, "aspect") * (high - low)) * values.get("width_factor", 1.0)
    return length, max(2.0, length * min(aspect, 1.0))


def _stroke(asked: dict[str, float], free: tuple[float, float], depth: float | None) -> Sizes:
    wanted = dict(asked)
    if "diameter_px" in wanted and "length_px" not in wanted:
        wanted["length_px"] = wanted["diameter_px"]
    wanted.pop("diameter_px", None)
    length = wanted.get("length_px", free[0])
    width = wanted.get("width_px", min(free[1], max(1.0, length / 3.0)))
    if "length_px" not in wanted:
        length = max(length, 2.0 * width)
    return Sizes(length, max(width, 1.0), depth, wanted)


def _blob(asked: dict[str, float], free: tuple[float, float], depth: float | None) -> Sizes:
    length, width = free
    ratio = width / length
    wanted = dict(asked)
    if "diameter_px" in wanted:
        if "length_px" in wanted or "width_px" in wanted:
            wanted.pop("diameter_px")
        else:
            return Sizes(wanted["diameter_px"], wanted["diameter_px"], depth, wanted)
    if "length_px" in wanted and "width_px" in wanted and wanted["width_px"] > wanted["length_px"]:
        wanted = {"length_px": wanted["width_px"], "width_px": wanted["length_px"]}
    if "length_px" in wanted:
        length = wanted["length_px"]
        width = wanted.get("width_px", max(1.0, length * ratio))
    elif "width_px" in wanted:
        width = wanted["width_px"]
        length = width / ratio
    return Sizes(length, max(width, 1.0), depth, wanted)
