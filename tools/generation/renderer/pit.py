"""Outlines that several blob-like types share."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from tools.generation.renderer.kind import Sketch
from tools.generation.renderer.noise import Field
from tools.generation.renderer.shape import BlobForm, Shape, fitted_blob
from tools.generation.renderer.site import Site

_CALMER = ((0.5, 0.0), (0.2, 0.0), (0.0, 0.0), (0.0, 4.0), (0.0, -4.0), (0.0, 8.0))
"""Factors on the irregularity and degrees to turn by, tried in this order."""


def blob_outline(
    sketch: Sketch,
    aspect: float | None,
    irregularity: float,
    raggedness: float,
    squareness: float = 0.0,
    cell: float = 4.0,
) -> Shape:
    """A blob of the sketch's size: free ones with all their irregularity, asked ones drawn until they measure right.

    Args:
        sketch: sizes and angle.
        aspect: width over length where neither was asked; None keeps the sketch's own.
        irregularity: large-scale bending of the outline, 0 to 1.
        raggedness: small-scale roughness, 0 to 1.
        squareness: 0 ellipse, 1 nearly a rectangle.
        cell: size of the roughness over its height.
    """
    sizes = sketch.sizes
    length, width = sizes.length_px, sizes.width_px
    seed = int(sketch.rng().integers(2**62))
    rough = raggedness * min(0.07 * min(length, width), 3.5)
    if "diameter_px" in sizes.asked:
        # One diameter in every direction: nearly round.
        irregularity, rough = min(irregularity, 0.1), min(rough, 0.02 * length)
    elif sizes.asked:
        irregularity, rough = min(irregularity, 0.6), min(rough, 0.05 * width)
    elif aspect is not None:
        width = max(2.0, length * aspect)
    form = BlobForm(length, width, sketch.angle_deg, irregularity, rough if rough >= 0.3 else 0.0, squareness, cell)
    best = fitted_blob(seed, form, sizes.asked)
    for calmer, turn in _CALMER:
        if _error(best, sizes.asked) <= 1.0:
            break
        # An outline whose longest direction jumps about cannot be scaled to a length and a width: bend it less.
        plain = replace(
            form,
            irregularity=calmer * form.irregularity,
            raggedness_px=calmer * form.raggedness_px,
            angle_deg=form.angle_deg + turn,
        )
        other = fitted_blob(seed, plain, sizes.asked)
        if _error(other, sizes.asked) < _error(best, sizes.asked):
            best = other
    return best


def _error(shape: Shape, asked: Mapping[str, float]) -> float:
    """Worst deviation from what was asked; 1 is a pixel or 3 %."""
    return max(
        (abs(shape.measured[name] - value) / max(1.0, 0.03 * value) for name, value in asked.items()), default=0.0
    )


def light_side(site: Site, radius_px: float) -> Field:
    """Where a pixel lies in a pit: 1 at the wall towards the light, -1 at the far one."""
    rows, columns = np.nonzero(site.shape.mask)
    azimuth = np.deg2rad(site.photo.light.azimuth_deg)
    dx, dy = np.round(np.cos(azimuth), 9), np.round(-np.sin(azimuth), 9)
    down, right = np.arange(site.size[0])[:, None] - rows.mean(), np.arange(site.size[1])[None, :] - columns.mean()
    return np.asarray(np.clip((right * dx + down * dy) / max(radius_px, 1.0), -1.0, 1.0))
