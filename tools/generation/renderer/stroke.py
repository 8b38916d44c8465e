"""Strokes: bands along a centre line, with side branches, as signed distances drawn segment by segment."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from tools.generation.renderer.geodesic import geodesic_length
from tools.generation.renderer.noise import Field
from tools.generation.renderer.shape import PAD, BoolMask, Shape, largest_piece


@dataclass(frozen=True)
class Path:
    """A centre line of N x 2 points (x, y) around (0, 0), a few pixels apart, and N half widths in pixels."""

    points: NDArray[np.float64]
    half_width: NDArray[np.float64]


_TRIES = (*((1.0, 0.0, 0.0),) * 4, *((0.6, 0.0, 0.0),) * 2, *((0.4, 0.0, 0.0),) * 2)
"""Damping of the rescaling and the shift of the path in pixels, try by try."""
_SHIFTED = ((0.4, 0.5, 0.0), (0.4, 0.0, 0.5), (0.4, 0.25, 0.5), (0.4, 0.5, 0.25), (0.4, 0.75, 0.75), (0.4, 0.25, 0.25))
"""Further tries for a short line that the pixel grid keeps away from its size: the same line, elsewhere on the grid."""


def stroke(main: Path, nominal: float, branches: Sequence[Path] = ()) -> Shape:
    """A band along a centre line, with side branches.

    Args:
        main: the path that `along` and the measured length and width belong to.
        nominal: the half width in pixels that `across` is measured in.
        branches: further paths; `along` goes on from 1 to 2 over each.
    """
    paths = (main, *branches)
    reach = max(float(path.half_width.max()) for path in paths) + PAD + 1.0
    every = np.concatenate([path.points for path in paths])
    x0, y0 = np.floor(every.min(axis=0) - reach).astype(int)
    x1, y1 = np.ceil(every.max(axis=0) + reach).astype(int) + 1
    canvas = _Canvas((int(y1 - y0), int(x1 - x0)), reach)
    corner = np.array([x0, y0], dtype=np.float64)
    total = canvas.path(main, corner, 0.0)
    measured = measure_stroke(_stroke_mask(canvas, main, corner), canvas.travel, main.points)
    for branch in branches:
        canvas.path(branch, corner, total)
    mask = _stroke_mask(canvas, main, corner)
    across = np.clip(canvas.side / max(nominal, 0.5), -2.0, 2.0)
    measured["area_px"] = float(mask.sum())
    return Shape(
        mask, canvas.sdf, (-int(y0), -int(x0)), canvas.travel / max(total, 1e-6), across, nominal, measured=measured
    )


def fitted_stroke(main: Path, nominal: float, branches: Sequence[Path], asked: Mapping[str, float]) -> Shape:
    """A stroke whose main band measures what was asked: drawn, measured through its pixels, rescaled.

    Args:
        main: the first try.
        nominal: half width in pixels.
        branches: scaled with it.
        asked: `length_px` and `width_px`, either, both or none.
    """
    best = stroke(main, nominal, branches)
    if not asked:
        return best
    best_error, along, across = np.inf, 1.0, 1.0
    for damping, dx, dy in (*_TRIES, *_SHIFTED):
        if (dx or dy) and best_error < 0.9:
            break
        paths = [Path(p.points * along + (dx, dy), np.maximum(p.half_width * across, 0.5)) for p in (main, *branches)]
        alone = stroke(paths[0], nominal * across)
        length = geodesic_length(alone.mask)
        measured = {"length_px": length, "width_px": alone.measured["area_px"] / length, "diameter_px": length}
        error = max(abs(measured[name] - value) / max(1.0, 0.04 * value) for name, value in asked.items())
        if error < best_error:
            whole = stroke(paths[0], nominal * across, paths[1:]) if branches else alone
            best = replace(whole, measured={**measured, "area_px": whole.measured["area_px"]})
            best_error = error
        if error < 0.3:
            break
        along *= (asked.get("length_px", length) / length) ** damping
        if "width_px" in asked:
            across *= (max(asked["width_px"], 1.0) / measured["width_px"]) ** damping
    return best


def _stroke_mask(canvas: _Canvas, main: Path, corner: NDArray[np.float64]) -> BoolMask:
    mask = canvas.sdf < 0
    if not mask.any():
        column, row = np.round(main.points[0] - corner).astype(int)
        mask[row, column] = True
    return largest_piece(mask)


def measure_stroke(mask: BoolMask, travel: Field, points: NDArray[np.float64]) -> dict[str, float]:
    """Length along the centre line from first to last mask pixel, mean width (area over length), area."""
    area = float(mask.sum())
    ends = travel[mask]
    length = float(ends.max() - ends.min()) + 1.0
    chord = float(np.sqrt(((points[-1] - points[0]) ** 2).sum()))
    return {
        "length_px": length,
        "width_px": area / max(length, 1.0),
        "diameter_px": max(length, chord),
        "area_px": area,
    }


class _Canvas:
    """Nearest-segment distances, drawn window by window."""

    def path(self, path: Path, corner: NDArray[np.float64], start: float) -> float:
        """Draw a path whose travel starts at `start`; returns the path's length."""
        steps = np.sqrt(((path.points[1:] - path.points[:-1]) ** 2).sum(axis=1))
        run = np.concatenate([[0.0], np.cumsum(steps)])
        local = path.points - corner
        for i in range(len(steps)):
            self.segment(local[i], local[i + 1], path.half_width[i : i + 2], start + run[i : i + 2])
        return float(run[-1])

    def __init__(self, shape: tuple[int, int], reach: float) -> None:
        self.sdf = np.full(shape, reach)
        self.distance = np.full(shape, 1e9)
        self.travel = np.zeros(shape)
        self.side = np.zeros(shape)
        self.reach = reach

    def segment(
        self, a: NDArray[np.float64], b: NDArray[np.float64], radii: NDArray[np.float64], run: NDArray[np.float64]
    ) -> None:
        """Draw one segment with linearly changing half width; beyond its ends `travel` keeps counting."""
        low, high = np.minimum(a, b) - self.reach, np.maximum(a, b) + self.reach
        x0, y0 = max(0, int(low[0])), max(0, int(low[1]))
        x1, y1 = min(self.sdf.shape[1], int(high[0]) + 2), min(self.sdf.shape[0], int(high[1]) + 2)
        y, x = np.arange(y0, y1, dtype=np.float64)[:, None], np.arange(x0, x1, dtype=np.float64)[None, :]
        dx, dy = float(b[0] - a[0]), float(b[1] - a[1])
        length = max(float(np.sqrt(dx * dx + dy * dy)), 1e-9)
        along = ((x - a[0]) * dx + (y - a[1]) * dy) / length
        t = np.clip(along / length, 0.0, 1.0)
        ex, ey = x - (a[0] + t * dx), y - (a[1] + t * dy)
        distance = np.sqrt(ex * ex + ey * ey)
        window = (slice(y0, y1), slice(x0, x1))
        sdf = distance - (radii[0] + t * (radii[1] - radii[0]))
        nearer = distance < self.distance[window]
        side = np.where((x - a[0]) * dy - (y - a[1]) * dx >= 0, distance, -distance)
        self.distance[window] = np.where(nearer, distance, self.distance[window])
        self.sdf[window] = np.minimum(self.sdf[window], sdf)
        self.travel[window] = np.where(nearer, run[0] + along, self.travel[window])
        self.side[window] = np.where(nearer, side, self.side[window])
