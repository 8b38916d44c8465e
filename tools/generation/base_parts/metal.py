"""Brushed and cast metal, and metal parts before a background."""

from __future__ import annotations

import numpy as np

from tools.generation.base_parts.canvas import Linear, Studio, colour, expose, mix, soft, tint
from tools.generation.renderer.noise import Field, blur, streak_noise
from tools.vision.types import RgbImage


def _brushed(studio: Studio, angle_deg: float, contrast: float) -> Field:
    """Brightness of a brushed surface, mean about 1."""
    lines = (
        0.5 * streak_noise(studio.rng, studio.shape, angle_deg, 1.3, 160.0 * studio.unit)
        + 0.4 * streak_noise(studio.rng, studio.shape, angle_deg, 3.5, 300.0 * studio.unit)
        + 0.5 * streak_noise(studio.rng, studio.shape, angle_deg, 24.0 * studio.unit + 2, 900.0 * studio.unit)
    )
    return np.asarray(np.clip(1.0 + contrast * lines + 0.06 * studio.noise(180.0, 2), 0.3, 2.2))


def brushed_metal(studio: Studio) -> RgbImage:
    """Ground or brushed steel filling the photo."""
    angle = float(studio.rng.choice([0.0, 90.0])) + float(studio.rng.normal(0.0, 1.5))
    sheen = 1.0 + 0.18 * streak_noise(studio.rng, studio.shape, angle, 260.0 * studio.unit, 2000.0)
    field = _brushed(studio, angle, 0.13) * sheen * studio.lamp(0.25)
    return expose(studio, tint(0.28 * field, studio.metal(252, 254, 255)), noise=1.8)


def cast_metal(studio: Studio) -> RgbImage:
    """Sand-cast aluminium: granular relief, dull."""
    relief = 1.1 * studio.noise(9.0, 3, 0.7) + 1.6 * studio.noise(40.0, 2)
    shade, shine = studio.shade(relief * studio.unit, 0.55)
    albedo = 0.21 * (1.0 + 0.1 * studio.noise(120.0, 3) + 0.05 * studio.noise(3.0, 2))
    field = np.clip(albedo * shade, 0.01, 1.0) * studio.lamp(0.3) + 0.05 * shine
    return expose(studio, tint(field, studio.metal(250, 252, 255)), noise=2.2)


def _backdrop(studio: Studio, dark: bool) -> Linear:
    """A cloth, belt or table."""
    base = colour(34, 36, 40) if dark else colour(205, 206, 204)
    fine = studio.noise(2.0, 2, 0.8)
    return tint(studio.lamp(0.15) * (1.0 + (0.05 if dark else 0.02) * fine), base)


def _cast_shadow(studio: Studio, backdrop: Linear, distance: Field, reach: float) -> Linear:
    """Darken the backdrop around a part on the side away from the light."""
    azimuth = np.deg2rad(studio.light.azimuth_deg)
    dy, dx = round(float(np.sin(azimuth)) * reach), round(float(-np.cos(azimuth)) * reach)
    moved = np.roll(soft(distance), (dy, dx), axis=(0, 1))
    return np.asarray(backdrop * (1.0 - 0.6 * blur(moved, max(1.0, reach * 0.5)))[..., None])


def _edge(studio: Studio, distance: Field, bevel: float) -> tuple[Field, Field]:
    """Shade and shine of a bevel of so many pixels along the outline (distance negative inside)."""
    return studio.shade(np.clip(-distance / bevel, 0.0, 1.0) * bevel * 0.8)


def disc(studio: Studio) -> RgbImage:
    """A turned steel disc with a bore, on a dark cloth."""
    rows, columns = studio.grid()
    side = min(studio.shape)
    radius = np.sqrt(rows * rows + columns * columns)
    distance = np.maximum((radius - 0.4) * side, (0.1 - radius) * side)
    rings = np.interp(radius * side, np.arange(side), studio.rng.standard_normal(side))
    bearing = np.arctan2(rows, columns)
    azimuth = np.deg2rad(-studio.light.azimuth_deg)
    glare = 0.35 * np.cos(2.0 * (bearing - azimuth)) ** 3
    field = 0.3 * np.clip(1.0 + 0.09 * rings + glare + 0.03 * studio.noise(3.0, 2), 0.2, 2.0)
    shade, shine = _edge(studio, distance, 7.0 * studio.unit)
    step = np.exp(-((((radius - 0.3) * side) / (1.2 + studio.unit)) ** 2))
    metal = tint(field * shade * (1.0 - 0.45 * step) + 0.4 * shine, studio.metal(250, 252, 255))
    backdrop = _cast_shadow(studio, _backdrop(studio, dark=True), distance, 9.0 * studio.unit)
    return expose(studio, mix(backdrop, metal, soft(distance)), noise=1.6)


def fitting(studio: Studio) -> RgbImage:
    """A brass hexagonal fitting from above, on a light table."""
    rows, columns = studio.grid()
    side = min(studio.shape)
    turn = float(studio.rng.uniform(0.0, 60.0))
    faces = np.deg2rad(turn + np.arange(6) * 60.0)
    hexagon = np.max([columns * np.cos(a) + rows * np.sin(a) for a in faces], axis=0) - 0.36
    radius = np.sqrt(rows * rows + columns * columns)
    outer, bore = np.maximum(hexagon, radius - 0.405) * side, (0.16 - radius) * side
    distance = np.maximum(outer, bore)
    shade, shine = _edge(studio, distance, 9.0 * studio.unit)
    collar = (np.abs(radius - 0.27) - 0.045) * side
    ridge, ridge_shine = studio.shade(5.0 * studio.unit * soft(collar, 4.0 * studio.unit))
    rings = np.interp(radius * side, np.arange(side), studio.rng.standard_normal(side))
    field = 0.62 * np.clip(1.0 + 0.04 * rings + 0.04 * studio.noise(5.0, 3), 0.3, 1.6) * shade * ridge
    brass = tint(field + 0.35 * (shine + ridge_shine), studio.metal(212, 176, 104))
    backdrop = _cast_shadow(studio, _backdrop(studio, dark=False), distance, 12.0 * studio.unit)
    inside = soft(-bore)
    backdrop = mix(backdrop, tint(np.full(studio.shape, 0.5), colour(60, 54, 44)), inside)
    return expose(studio, mix(backdrop, brass, soft(distance)), noise=1.5)


def plate(studio: Studio) -> RgbImage:
    """A machined aluminium plate with four holes, on a dark belt."""
    rows, columns = studio.grid()
    side = min(studio.shape)
    aspect = studio.width / studio.height
    half_h, half_w = 0.4 / max(1.0, 1.0 / aspect), 0.4 * max(1.0, min(aspect, 1.6))
    dy, dx = np.abs(rows) - half_h + 0.05, np.abs(columns) - half_w + 0.05
    corner = np.sqrt(np.maximum(dx, 0.0) ** 2 + np.maximum(dy, 0.0) ** 2) + np.minimum(np.maximum(dx, dy), 0.0) - 0.05
    holes = np.sqrt((np.abs(rows) - half_h + 0.09) ** 2 + (np.abs(columns) - half_w + 0.09) ** 2)
    distance = np.maximum(corner, 0.032 - holes) * side
    shade, shine = _edge(studio, distance, 5.0 * studio.unit)
    field = 0.42 * _brushed(studio, float(studio.rng.normal(0.0, 1.0)), 0.08) * studio.lamp(0.3) * shade
    metal = tint(field + 0.35 * shine, studio.metal(248, 250, 252))
    backdrop = _cast_shadow(studio, _backdrop(studio, dark=True), distance, 8.0 * studio.unit)
    return expose(studio, mix(backdrop, metal, soft(distance)), noise=1.8)
