"""Centre lines: gently bent strokes for scratches and fibres, wandering ones for cracks."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from tools.generation.renderer.noise import line_noise

Points = NDArray[np.float64]


def bent_line(
    rng: np.random.Generator, length_px: float, angle_deg: float, curvature: float, wobble_px: float
) -> Points:
    """A line of a given arc length: a circular arc with a smooth wobble.

    Args:
        rng: of the wobble and of the side to which it bends.
        length_px: arc length.
        angle_deg: direction of the chord, 0 horizontal, counter-clockwise as seen.
        curvature: total turning angle divided by pi.
        wobble_px: standard deviation of the sideways wobble.

    Returns:
        N x 2 points (x, y), y down, centred on the middle of the chord.
    """
    count = max(3, int(length_px / 4.0) + 1)
    s = np.linspace(-0.5, 0.5, count)
    turn = curvature * np.pi * (1.0 if rng.random() < 0.5 else -1.0)
    heading = turn * s
    step = length_px / (count - 1)
    middle = (heading[1:] + heading[:-1]) / 2.0
    x = np.concatenate([[0.0], np.cumsum(np.cos(middle) * step)])
    y = np.concatenate([[0.0], np.cumsum(np.sin(middle) * step)])
    if wobble_px > 0:
        y = y + wobble_px * line_noise(rng, (s + 0.5) * length_px, max(12.0, length_px / 4.0))
    return _place(np.stack([x, y], axis=1), angle_deg, length_px)


def wander(
    rng: np.random.Generator, length_px: float, angle_deg: float, meander: float, kinks: float, width_px: float = 0.0
) -> Points:
    """A crack's path: heading noise at two scales with sudden kinks, held to its main direction.

    Args:
        rng: of the path.
        length_px: arc length.
        angle_deg: direction from end to end.
        meander: spread of the heading in radians.
        kinks: sudden turns per 100 pixels.
        width_px: of the band that follows the path; turns that it would swallow are smoothed, so that the length
            along the band is the length of the path.
    """
    step = 2.5 if length_px < 400 else 4.0
    count = max(3, int(length_px / step) + 1)
    s = np.linspace(0.0, length_px, count)
    heading = meander * (0.8 * line_noise(rng, s, max(8.0, length_px / 5.0)) + 0.7 * line_noise(rng, s, 6.0))
    turns = rng.random(count) < kinks * step / 100.0
    heading = heading + np.cumsum(np.where(turns, rng.normal(0.0, meander, count), 0.0)) * 0.6
    heading = np.clip(heading - heading.mean(), -1.2, 1.2)
    middle = (heading[1:] + heading[:-1]) / 2.0
    run = length_px / (count - 1)
    x = np.concatenate([[0.0], np.cumsum(np.cos(middle) * run)])
    y = np.concatenate([[0.0], np.cumsum(np.sin(middle) * run)])
    points = np.stack([x, y], axis=1)
    if width_px > run:
        sigma = 0.4 * width_px / run
        points = ndimage.gaussian_filter1d(points, sigma, axis=0, mode="nearest")
    return _place(points, angle_deg, length_px)


def _place(points: Points, angle_deg: float, length_px: float) -> Points:
    """Scale to the arc length, turn the chord to the angle and centre it."""
    steps = np.sqrt(((points[1:] - points[:-1]) ** 2).sum(axis=1))
    points = points * (length_px / max(float(steps.sum()), 1e-9))
    chord = points[-1] - points[0]
    angle = -np.deg2rad(angle_deg) - np.arctan2(chord[1], chord[0])
    cosine, sine = np.cos(angle), np.sin(angle)
    x = points[:, 0] * cosine - points[:, 1] * sine
    y = points[:, 0] * sine + points[:, 1] * cosine
    turned = np.round(np.stack([x, y], axis=1), 6)
    return np.asarray(turned - (turned[0] + turned[-1]) / 2.0)


def tangent_deg(points: Points, index: int) -> float:
    """Direction of the path at a point, degrees counter-clockwise as seen."""
    a, b = points[max(0, index - 2)], points[min(len(points) - 1, index + 2)]
    return float(np.rad2deg(np.arctan2(-(b[1] - a[1]), b[0] - a[0])))
