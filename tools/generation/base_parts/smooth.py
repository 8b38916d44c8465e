"""Ceramic, glass and moulded plastic."""

from __future__ import annotations

import numpy as np

from tools.generation.base_parts.canvas import Studio, colour, expose, mix, soft, tint
from tools.generation.renderer.noise import blur, smoothstep
from tools.vision.types import RgbImage


def ceramic(studio: Studio) -> RgbImage:
    """Glazed stoneware: fine specks under a soft sheen."""
    specks = smoothstep((studio.noise(3.0, 2, 0.7) - 2.0) / 0.4)
    shade, shine = studio.shade(studio.unit * (2.2 * studio.noise(34.0, 2) + 0.25 * studio.noise(7.0)), 0.35)
    albedo = 0.62 * (1.0 + 0.04 * studio.noise(140.0, 2)) * (1.0 - 0.45 * specks)
    linear = tint(albedo * shade * studio.lamp(0.3), colour(250, 246, 236)) + (0.12 * shine)[..., None]
    return expose(studio, linear, noise=1.3, lens_px=0.8)


def glass(studio: Studio) -> RgbImage:
    """Float glass before a grey screen: reflections of a lamp, faint dust."""
    rows, columns = studio.grid()
    tilt = float(studio.rng.uniform(-0.5, 0.5))
    across = columns + tilt * rows + 0.01 * studio.noise(300.0)
    lamp = np.exp(-(((across - 0.22) / 0.07) ** 2)) + 0.5 * np.exp(-(((across - 0.38) / 0.03) ** 2))
    dust = smoothstep((studio.noise(1.5, 1) - 3.0) / 0.5)
    field = 0.3 * studio.lamp(0.35) * (1.0 + 0.015 * studio.noise(90.0, 2)) + 0.16 * lamp
    return expose(studio, tint(field * (1.0 - 0.25 * dust), colour(206, 226, 220)), noise=1.1, lens_px=0.9)


def moulded_plastic(studio: Studio) -> RgbImage:
    """Injection-moulded cover: fine erosion texture, a shallow recess, a gate mark."""
    rows, columns = studio.grid()
    side = min(studio.shape)
    erosion = studio.unit * (0.7 * studio.noise(2.5, 2, 0.7) + 0.3 * studio.noise(9.0, 2))
    dy, dx = np.abs(rows) - 0.3 * studio.height / side, np.abs(columns) - 0.34 * studio.width / side
    recess = (
        np.sqrt(np.maximum(dx + 0.06, 0.0) ** 2 + np.maximum(dy + 0.06, 0.0) ** 2)
        + np.minimum(np.maximum(dx, dy) + 0.06, 0.0)
        - 0.06
    ) * side
    relief = erosion - 7.0 * studio.unit * soft(recess, 5.0 * studio.unit)
    gate = np.sqrt(rows * rows + columns * columns) * side
    relief = relief + 2.0 * studio.unit * soft(gate - 9.0 * studio.unit, 2.0 * studio.unit)
    shade, shine = studio.shade(blur(relief, 0.6), 0.7)
    rgb = colour(*[(58, 60, 64), (196, 190, 176), (44, 74, 120)][int(studio.rng.integers(3))])
    linear = tint(shade * studio.lamp(0.4) * (1.0 + 0.02 * studio.noise(120.0, 2)), rgb)
    return expose(studio, linear + (0.06 * shine)[..., None], noise=1.5)


def bracket(studio: Studio) -> RgbImage:
    """A yellow moulded bracket, an L with two holes, on a white table."""
    rows, columns = studio.grid()
    side = min(studio.shape)

    def box(cy: float, cx: float, hy: float, hx: float, corner: float) -> np.ndarray:
        dy, dx = np.abs(rows - cy) - hy + corner, np.abs(columns - cx) - hx + corner
        outside = np.sqrt(np.maximum(dx, 0.0) ** 2 + np.maximum(dy, 0.0) ** 2)
        return np.asarray(outside + np.minimum(np.maximum(dx, dy), 0.0) - corner)

    shape = np.minimum(box(0.0, -0.22, 0.4, 0.13, 0.06), box(0.25, 0.0, 0.15, 0.38, 0.06))
    for cy, cx in ((-0.25, -0.22), (0.25, 0.24)):
        shape = np.maximum(shape, 0.045 - np.sqrt((rows - cy) ** 2 + (columns - cx) ** 2))
    distance = shape * side
    bevel = 8.0 * studio.unit
    grain = 0.35 * studio.unit * studio.noise(3.0, 2)
    shade, shine = studio.shade(np.clip(-distance / bevel, 0.0, 1.0) * bevel * 0.8 + grain)
    part = tint(shade * studio.lamp(0.25), colour(222, 176, 44)) + (0.2 * shine)[..., None]
    table = tint(studio.lamp(0.12) * (1.0 + 0.01 * studio.noise(3.0, 2)), colour(226, 228, 230))
    azimuth = np.deg2rad(studio.light.azimuth_deg)
    reach = 12.0 * studio.unit
    moved = np.roll(
        soft(distance), (round(float(np.sin(azimuth)) * reach), round(float(-np.cos(azimuth)) * reach)), axis=(0, 1)
    )
    table = table * (1.0 - 0.5 * blur(moved, reach * 0.5))[..., None]
    return expose(studio, mix(table, part, soft(distance)), noise=1.4)
