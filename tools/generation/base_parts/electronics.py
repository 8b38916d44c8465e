"""A printed circuit board and an X-ray of a chip."""

from __future__ import annotations

import cv2
import numpy as np

from tools.generation.base_parts.canvas import Linear, Studio, colour, expose, mix, tint
from tools.generation.renderer.noise import Field, blur
from tools.vision.types import RgbImage

_SHIFT = 4


def _blank(studio: Studio) -> np.ndarray:
    return np.zeros(studio.shape, dtype=np.uint8)


def _cover(canvas: np.ndarray) -> Field:
    return canvas.astype(np.float64) / 255.0


def _box(canvas: np.ndarray, x: float, y: float, width: float, height: float, value: int = 255) -> None:
    a, b = (round(x), round(y)), (round(x + width) - 1, round(y + height) - 1)
    cv2.rectangle(canvas, a, b, value, -1)


def _dot(canvas: np.ndarray, x: float, y: float, radius: float, value: int = 255) -> None:
    scale = 1 << _SHIFT
    cv2.circle(canvas, (round(x * scale), round(y * scale)), round(radius * scale), value, -1, cv2.LINE_AA, _SHIFT)


def _trace(canvas: np.ndarray, points: list[tuple[float, float]], width: float) -> None:
    path = np.round(np.array(points)).astype(np.int32)
    cv2.polylines(canvas, [path], False, 255, max(1, round(width)), cv2.LINE_AA)


def pcb(studio: Studio) -> RgbImage:
    """A populated board: traces under green resist, pads, vias, packages and resistors, silkscreen."""
    u, rng = studio.unit, studio.rng
    copper, pads, vias, bodies, silk = (_blank(studio) for _ in range(5))
    step = 16.0 * u
    for _ in range(int(26 * studio.width * studio.height / (512 * u) ** 2)):
        x, y = np.round(rng.uniform(0, [studio.width, studio.height]) / step) * step
        run, jog = rng.uniform(4, 14) * step, rng.uniform(-3, 3) * step
        points = [(x, y), (x + run, y), (x + run + abs(jog), y + jog), (x + 2 * run, y + jog)]
        points = points if rng.random() < 0.5 else [(x + (b - y), y + (a - x)) for a, b in points]
        _trace(copper, points, 4.0 * u + 0.5)
        for a, b in (points[0], points[-1]):
            _dot(vias, a, b, 4.6 * u + 0.5)
    _packages(studio, pads, bodies, silk)
    linear = _board(studio, copper)
    linear = mix(linear, tint(0.9 + 0.1 * studio.noise(4.0, 2), colour(206, 182, 112)), _cover(vias))
    holes = cv2.erode(vias, np.ones((max(2, round(4 * u)),) * 2, np.uint8))
    linear = mix(linear, np.broadcast_to(colour(20, 24, 20), linear.shape), _cover(holes))
    linear = mix(linear, np.broadcast_to(colour(226, 228, 220), linear.shape), 0.85 * _cover(silk))
    shade, shine = studio.shade(blur(_cover(pads) * 3.0 * u, 1.2 * u))
    linear = mix(linear, tint(0.75 * shade + 0.5 * shine, colour(210, 212, 214)), _cover(pads))
    shade, shine = studio.shade(blur(_cover(bodies) * 6.0 * u, 1.2 * u) + 0.2 * u * studio.noise(2.0, 2))
    linear = (
        linear * (1.0 - 0.5 * blur(np.roll(_cover(bodies), (round(4 * u), round(4 * u)), (0, 1)), 2 * u))[..., None]
    )
    linear = mix(linear, tint(shade + 0.5 * shine, colour(44, 45, 48)), _cover(bodies))
    return expose(studio, linear * studio.lamp(0.2)[..., None], noise=1.6)


def _board(studio: Studio, copper: np.ndarray) -> Linear:
    mask = _cover(copper)
    shade, _ = studio.shade(blur(mask, 0.8) * 1.2)
    green = tint((1.0 + 0.03 * studio.noise(3.0, 2)) * shade, colour(18, 86, 52))
    return mix(green, tint(shade, colour(44, 128, 78)), mask)


def _packages(studio: Studio, pads: np.ndarray, bodies: np.ndarray, silk: np.ndarray) -> None:
    """Two-row packages and chip resistors on a loose raster."""
    u, rng = studio.unit, studio.rng
    for cy in np.arange(80 * u, studio.height, 150 * u):
        for cx in np.arange(90 * u, studio.width, 170 * u):
            x, y = cx + rng.uniform(-18, 18) * u, cy + rng.uniform(-14, 14) * u
            if rng.random() < 0.55:
                pins = int(rng.integers(4, 8))
                width = pins * 12 * u
                _box(bodies, x - width / 2, y - 22 * u, width, 44 * u)
                for k in range(pins):
                    left = x - width / 2 + (k * 12 + 3) * u
                    _box(pads, left, y - 34 * u, 6 * u, 11 * u)
                    _box(pads, left, y + 23 * u, 6 * u, 11 * u)
                _dot(silk, x - width / 2 - 8 * u, y - 28 * u, 2.5 * u)
                continue
            for k in range(int(rng.integers(1, 4))):
                top = y + (k - 1) * 30 * u
                _box(bodies, x - 13 * u, top - 7 * u, 26 * u, 14 * u)
                _box(pads, x - 21 * u, top - 8 * u, 8 * u, 16 * u)
                _box(pads, x + 13 * u, top - 8 * u, 8 * u, 16 * u)
                cv2.rectangle(
                    silk, (round(x - 25 * u), round(top - 12 * u)), (round(x + 25 * u), round(top + 12 * u)), 200, 1
                )


def chip_xray(studio: Studio) -> RgbImage:
    """X-ray of a leaded package: lead frame, die, solder under the pad, bond wires; grey, noisy, soft."""
    u, rng = studio.unit, studio.rng
    cx, cy = studio.width / 2, studio.height / 2
    half = 0.3 * min(studio.shape)
    frame, die, wires = _blank(studio), _blank(studio), _blank(studio)
    _box(frame, cx - half, cy - half, 2 * half, 2 * half)
    _box(die, cx - 0.72 * half, cy - 0.72 * half, 1.44 * half, 1.44 * half)
    count = 9
    for k in range(count):
        t = (k - (count - 1) / 2) * 2 * half / count
        width, reach = 0.9 * half / count, 0.42 * half
        _box(frame, cx + t - width / 2, cy - half - reach - 12 * u, width, reach)
        _box(frame, cx + t - width / 2, cy + half + 12 * u, width, reach)
        _box(frame, cx - half - reach - 12 * u, cy + t - width / 2, reach, width)
        _box(frame, cx + half + 12 * u, cy + t - width / 2, reach, width)
        for sx, sy in ((0, -1), (0, 1), (-1, 0), (1, 0)):
            far, near = half + 24 * u, 0.62 * half
            a = (cx + sx * far + abs(sy) * t, cy + sy * far + abs(sx) * t)
            b = (cx + sx * near + abs(sy) * t * 0.66, cy + sy * near + abs(sx) * t * 0.66)
            bow = rng.uniform(-6, 6) * u
            middle = ((a[0] + b[0]) / 2 + abs(sy) * bow, (a[1] + b[1]) / 2 + abs(sx) * bow)
            _trace(wires, [a, middle, b], 2.2 * u)
    solder = 1.0 + 0.06 * studio.noise(40.0, 3)
    density = 0.25 + 0.55 * blur(_cover(frame), 1.6 * u) * solder + 0.35 * blur(_cover(die), 1.4 * u)
    density = density + 0.4 * blur(_cover(wires), 0.9 * u) + 0.02 * studio.noise(200.0, 2)
    rows, columns = studio.grid()
    beam = 0.82 * (1.0 - 0.25 * (rows * rows + columns * columns))
    linear = np.repeat((beam * np.exp(-1.5 * density))[..., None], 3, axis=2)
    return expose(studio, linear, noise=3.2, lens_px=1.1, grey=True)
