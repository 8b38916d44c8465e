"""Geometry before pixels: masks with signed distances, as blobs and as strokes along a centre line.

A shape lives on its own small grid. `sdf` is the signed distance to the outline in pixels, negative inside; the mask
is where it is below zero, so what a caller draws from `sdf` and what the mask says cannot come apart.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import cv2
import numpy as np
from numpy.typing import NDArray

from tools.generation.renderer.noise import Field, value_noise

BoolMask = NDArray[np.bool_]
PAD = 2
_DAMPING = (1.0, 1.0, 0.7, 0.7, 0.4, 0.4, 0.25)


@dataclass(frozen=True)
class Shape:
    """One defect's outline on its own grid.

    `anchor` is the (row, column) that is put on the chosen point of the photo. A stroke also has `along` (0 to 1 from
    end to end), `across` (-1 to 1 from side to side at the nominal half width) and `half_width` in pixels.
    `measured` holds `length_px`, `width_px`, `diameter_px`, `area_px`.
    """

    mask: BoolMask
    sdf: Field
    anchor: tuple[int, int]
    along: Field | None = None
    across: Field | None = None
    half_width: float = 0.0
    angle_deg: float = 0.0
    measured: Mapping[str, float] = field(default_factory=dict)

    def clipped(self, keep: BoolMask) -> Shape:
        """The same shape where `keep` allows it: the largest piece that is left."""
        mask = largest_piece(self.mask & keep)
        return replace(self, mask=mask, measured=measure_blob(mask))


def inner_depth(mask: BoolMask) -> Field:
    """Distance of every mask pixel to the nearest pixel outside (Euclidean, pixels), 0 outside."""
    padded = cv2.copyMakeBorder(mask.astype(np.uint8), 1, 1, 1, 1, cv2.BORDER_CONSTANT, value=0)
    depth = cv2.distanceTransform(padded, cv2.DIST_L2, cv2.DIST_MASK_PRECISE)
    return np.asarray(depth[1:-1, 1:-1], dtype=np.float64)


def largest_piece(mask: BoolMask, *, fill: bool = False) -> BoolMask:
    """The largest 8-connected piece, with its holes filled if asked."""
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    if not len(rows):
        return mask
    window = (slice(int(rows[0]), int(rows[-1]) + 1), slice(int(columns[0]), int(columns[-1]) + 1))
    done = np.zeros(mask.shape, dtype=bool)
    done[window] = _largest(mask[window], fill=fill)
    return done


def _largest(mask: BoolMask, *, fill: bool) -> BoolMask:
    count, labels, stats, _ = cv2.connectedComponentsWithStats(mask.astype(np.uint8), connectivity=8)
    if count > 2:
        mask = labels == 1 + int(np.argmax(stats[1:, cv2.CC_STAT_AREA]))
    if fill:
        _, holes = cv2.connectedComponents(np.pad(~mask, 1, constant_values=True).astype(np.uint8), connectivity=4)
        mask = holes[1:-1, 1:-1] != holes[0, 0]
    return np.asarray(mask, dtype=bool)


def measure_blob(mask: BoolMask) -> dict[str, float]:
    """Length and width of the smallest rotated rectangle around the pixels' outlines, equal-area diameter, area."""
    area = float(mask.sum())
    if area == 0.0:
        return {"length_px": 0.0, "width_px": 0.0, "diameter_px": 0.0, "area_px": 0.0}
    rows = np.flatnonzero(mask.any(axis=1))
    first, last = mask[rows].argmax(axis=1), mask.shape[1] - mask[rows][:, ::-1].argmax(axis=1)
    corners = np.concatenate(
        [np.stack([side, rows + down], axis=1) for side in (first, last) for down in (0, 1)]
    ).astype(np.float32)
    _, sides, _ = cv2.minAreaRect(cv2.convexHull(corners))
    return {
        "length_px": float(max(sides)),
        "width_px": float(min(sides)),
        "diameter_px": float(np.sqrt(4.0 * area / np.pi)),
        "area_px": area,
    }


# --- blobs ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class BlobForm:
    """What a blob looks like.

    `irregularity` 0 to 1 bends the outline at large scale, `raggedness_px` roughens it at small scale, `squareness`
    0 is an ellipse and 1 nearly a rectangle, `roughness_cell` the size of the roughness over its height.
    """

    length_px: float
    width_px: float
    angle_deg: float
    irregularity: float = 0.0
    raggedness_px: float = 0.0
    squareness: float = 0.0
    roughness_cell: float = 4.0


def outline(rng: np.random.Generator, irregularity: float) -> NDArray[np.float64]:
    """Radius factor over 256 directions, mean square 1."""
    theta = np.arange(256) * (2.0 * np.pi / 256.0)
    radius = np.ones(256)
    for k in range(2, 9):
        amplitude, phase = rng.standard_normal() / k**1.1, rng.uniform(0.0, 2.0 * np.pi)
        radius += irregularity * 0.45 * amplitude * np.cos(k * theta + phase)
    radius = np.clip(radius, 0.4, 1.8)
    return np.asarray(radius / np.sqrt((radius * radius).mean()))


def blob(rng: np.random.Generator, form: BlobForm) -> Shape:
    """A closed outline around a centre.

    Args:
        rng: of the outline.
        form: sizes in pixels (full length and width, not radii) and the kind of outline.
    """
    radius = outline(rng, form.irregularity)
    roughness = int(rng.integers(2**63))
    half = _reach(form, float(radius.max()))
    sdf = _blob_distance(form, radius, half)
    if form.raggedness_px > 0:
        cell = max(3.0, form.roughness_cell * form.raggedness_px)
        rough = np.random.Generator(np.random.PCG64(roughness))
        sdf = sdf + form.raggedness_px * np.clip(value_noise(rough, sdf.shape, cell, 3, 0.6), -2.0, 2.0)
    # Whatever the noise does, the outline closes inside the grid.
    for rim in (sdf[:1], sdf[-1:], sdf[:, :1], sdf[:, -1:]):
        np.maximum(rim, 0.5, out=rim)
    mask = largest_piece(sdf < 0, fill=form.raggedness_px > 0)
    mask[half] = True
    sdf = np.where(mask, np.minimum(sdf, -0.01), sdf)
    return Shape(mask, sdf, half, angle_deg=form.angle_deg, measured=measure_blob(mask))


def _reach(form: BlobForm, swell: float) -> tuple[int, int]:
    """Rows and columns from a blob's middle to the end of the grid that surely holds it."""
    angle = np.deg2rad(form.angle_deg)
    cosine, sine = abs(float(np.round(np.cos(angle), 9))), abs(float(np.round(np.sin(angle), 9)))
    half_length, half_width = form.length_px / 2.0 * swell, form.width_px / 2.0 * swell
    # An ellipse's extent, or a rectangle's corner; an irregular outline may swell anywhere.
    if form.squareness > 0.0:
        down, right = half_length * sine + half_width * cosine, half_length * cosine + half_width * sine
    else:
        down = float(np.sqrt((half_length * sine) ** 2 + (half_width * cosine) ** 2))
        right = float(np.sqrt((half_length * cosine) ** 2 + (half_width * sine) ** 2))
    margin = 2.0 * form.raggedness_px
    return int(np.ceil(down + margin)) + PAD, int(np.ceil(right + margin)) + PAD


def _blob_distance(form: BlobForm, radius: NDArray[np.float64], half: tuple[int, int]) -> Field:
    """Signed distance of a blob's smooth outline; large ones on a coarser grid, enlarged."""
    step = max(1, max(half) // 128)
    rows, columns = (-(-(2 * reach + 1) // step) for reach in half)
    # Off the pixel centre, so that a growing outline gains pixels on one side at a time.
    y = (-half[0] + step * np.arange(rows) + (step - 1) / 2.0)[:, None] - 0.41
    x = (-half[1] + step * np.arange(columns) + (step - 1) / 2.0)[None, :] - 0.27
    angle = np.deg2rad(form.angle_deg)
    cosine, sine = np.round(np.cos(angle), 9), np.round(np.sin(angle), 9)
    u = (x * cosine - y * sine) / (form.length_px / 2.0)
    v = (x * sine + y * cosine) / (form.width_px / 2.0)
    if form.squareness > 0:
        power = 2.0 + 10.0 * form.squareness * form.squareness
        rho = (np.abs(u) ** power + np.abs(v) ** power) ** (1.0 / power)
    else:
        rho = np.sqrt(u * u + v * v)
    if form.irregularity > 0:
        bearing = (np.arctan2(v, u) * (128.0 / np.pi)) % 256.0
        rho = rho / np.interp(bearing, np.arange(257), np.append(radius, radius[0]))
    sdf = _distance(rho, min(form.length_px, form.width_px) / 2.0 / step) * step
    if step > 1:
        sdf = cv2.resize(sdf, (columns * step, rows * step), interpolation=cv2.INTER_LINEAR)
    return np.asarray(sdf[: 2 * half[0] + 1, : 2 * half[1] + 1], dtype=np.float64)


def _distance(rho: Field, scale: float) -> Field:
    """Turn a normalised radius into an approximate signed distance in pixels."""
    gradient_y, gradient_x = np.gradient(rho)
    slope = np.sqrt(gradient_x * gradient_x + gradient_y * gradient_y)
    return np.asarray((rho - 1.0) / np.maximum(slope, 0.35 / max(scale, 0.5)))


def fitted_blob(seed_rng: int, form: BlobForm, asked: Mapping[str, float]) -> Shape:
    """A blob whose measured `length_px`, `width_px` or `diameter_px` are the asked ones: drawn, measured, rescaled.

    Args:
        seed_rng: seed of the outline, so that every try has the same one.
        form: the first try.
        asked: measured name to wanted value in pixels.
    """
    best: Shape | None = None
    best_error = np.inf
    for damping in _DAMPING:
        shape = blob(np.random.Generator(np.random.PCG64(seed_rng)), form)
        errors = {name: value / max(shape.measured[name], 0.5) for name, value in asked.items()}
        worst = max((abs(shape.measured[name] - value) for name, value in asked.items()), default=0.0)
        if worst < best_error:
            best, best_error = shape, worst
        if all(abs(ratio - 1.0) < 0.012 for ratio in errors.values()):
            break
        errors = {name: ratio**damping for name, ratio in errors.items()}
        both = errors.get("diameter_px", 1.0)
        form = replace(
            form,
            length_px=max(1.0, form.length_px * both * errors.get("length_px", 1.0)),
            width_px=max(1.0, form.width_px * both * errors.get("width_px", 1.0)),
        )
    assert best is not None
    return best


def alpha_from(shape: Shape, ramp_px: float) -> Field:
    """Opacity 0 to 1 inside the mask: rises from the outline inwards over `ramp_px`, 0 outside.

    The outermost pixels get a part of the change, as a lens would give them, and less the softer the edge is.
    """
    ramp = max(ramp_px, 0.5)
    if shape.half_width > 0.0:
        ramp = min(ramp, max(0.8 * shape.half_width, 0.5))
    start = 0.45 / max(1.0, ramp) ** 0.9
    inside = np.clip(-shape.sdf / ramp, 0.0, 1.0)
    inside = inside * inside * (3.0 - 2.0 * inside)
    return np.where(shape.mask, start + (1.0 - start) * inside, 0.0)
