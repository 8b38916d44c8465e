"""Smooth random fields, made so that they are the same on every machine.

Everything is float64: differences in the last bit between processors stay thirteen digits away from a grey level.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

Field = NDArray[np.float64]


def value_noise(
    rng: np.random.Generator, shape: tuple[int, int], cell_px: float, octaves: int = 1, persistence: float = 0.5
) -> Field:
    """Fractal value noise: random grids, enlarged by cubic interpolation and summed.

    Args:
        rng: where the grid values come from.
        shape: height, width.
        cell_px: grid spacing of the coarsest octave; each next one halves it, down to one pixel.
        octaves: how many.
        persistence: amplitude ratio from one octave to the next.

    Returns:
        Height x width, mean about 0, standard deviation about 1.
    """
    total = np.zeros(shape)
    energy = 0.0
    amplitude = 1.0
    for _ in range(octaves):
        total += amplitude * _octave(rng, shape, max(cell_px, 1.0))
        energy += amplitude * amplitude
        amplitude *= persistence
        if cell_px <= 1.0:
            break
        cell_px /= 2.0
    return np.asarray(total / np.sqrt(energy))


def _octave(rng: np.random.Generator, shape: tuple[int, int], cell_px: float) -> Field:
    if cell_px <= 1.0:
        return rng.standard_normal(shape)
    rows, columns = int(np.ceil(shape[0] / cell_px)) + 4, int(np.ceil(shape[1] / cell_px)) + 4
    grid = rng.standard_normal((rows, columns))
    size = (int(np.ceil(columns * cell_px)), int(np.ceil(rows * cell_px)))
    large = cv2.resize(grid, size, interpolation=cv2.INTER_CUBIC)
    top, left = int(1.5 * cell_px), int(1.5 * cell_px)
    # Cubic interpolation of white noise loses about a third of its standard deviation.
    return np.asarray(large[top : top + shape[0], left : left + shape[1]] * 1.45, dtype=np.float64)


def streak_noise(
    rng: np.random.Generator, shape: tuple[int, int], angle_deg: float, across_px: float, along_px: float
) -> Field:
    """Noise stretched along a direction, such as grinding marks.

    Args:
        rng: where the grid values come from.
        shape: height, width.
        angle_deg: direction of the streaks, 0 horizontal, counter-clockwise as seen.
        across_px: spacing across the streaks.
        along_px: how long a streak stays the same.

    Returns:
        Height x width, mean about 0, standard deviation about 1.
    """
    height, width = shape
    angle = np.deg2rad(angle_deg)
    cosine, sine = np.round(np.cos(angle), 9), np.round(np.sin(angle), 9)
    y, x = np.arange(height)[:, None], np.arange(width)[None, :]
    along, across = x * cosine - y * sine, x * sine + y * cosine
    u, v = (along - along.min()) / along_px + 1.0, (across - across.min()) / across_px + 1.0
    grid = rng.standard_normal((int(u.max()) + 3, int(v.max()) + 3))
    done = cv2.remap(
        grid, v.astype(np.float32), u.astype(np.float32), cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE
    )
    return np.asarray(done * 1.45, dtype=np.float64)


def line_noise(rng: np.random.Generator, positions: NDArray[np.float64], cell: float) -> NDArray[np.float64]:
    """Smooth noise along a line: one value a position, standard deviation about 1."""
    top = float(positions.max()) if positions.size else 0.0
    knots = rng.standard_normal(int(top / cell) + 4)
    place = positions / cell + 1.0
    base = place.astype(int)
    t = place - base
    t = t * t * (3.0 - 2.0 * t)
    return np.asarray(knots[base] * (1.0 - t) + knots[base + 1] * t) * 1.2


def blur(field: NDArray[np.float64], sigma_px: float) -> NDArray[np.float64]:
    """Gaussian blur in float64, reflecting at the border."""
    if sigma_px <= 0.05:
        return field
    radius = max(1, int(np.ceil(3.0 * sigma_px)))
    kernel = np.exp(-0.5 * (np.arange(-radius, radius + 1) / sigma_px) ** 2)
    kernel /= kernel.sum()
    done = cv2.sepFilter2D(field, cv2.CV_64F, kernel, kernel, borderType=cv2.BORDER_REFLECT_101)
    return np.asarray(done, dtype=np.float64).reshape(field.shape)


def smoothstep(value: NDArray[np.float64]) -> NDArray[np.float64]:
    """0 below 0, 1 above 1, smooth in between."""
    clipped = np.clip(value, 0.0, 1.0)
    return np.asarray(clipped * clipped * (3.0 - 2.0 * clipped))
