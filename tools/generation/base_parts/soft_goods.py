"""Leather, weave and wood."""

from __future__ import annotations

import numpy as np
from scipy.spatial import cKDTree

from tools.generation.base_parts.canvas import Studio, colour, expose, tint
from tools.generation.renderer.noise import Field, blur, smoothstep, streak_noise
from tools.vision.types import RgbImage


def leather(studio: Studio) -> RgbImage:
    """Grained leather: cushions between creases."""
    cell = 11.0 * studio.unit + 2.0
    creases = _cells(studio, cell)
    relief = 2.6 * studio.unit * smoothstep(creases / 0.5) + 0.7 * studio.unit * studio.noise(5.0, 2)
    relief = relief + 2.0 * studio.unit * studio.noise(70.0, 2)
    shade, shine = studio.shade(blur(relief, 0.7), 0.8)
    albedo = (1.0 + 0.12 * studio.noise(150.0, 2)) * (0.55 + 0.45 * smoothstep(creases / 0.35))
    rgb = colour(*[(126, 82, 50), (92, 52, 34), (60, 58, 62)][int(studio.rng.integers(3))])
    linear = tint(albedo * shade * studio.lamp(0.25), rgb) + 0.08 * np.clip(shine, 0, 1)[..., None]
    return expose(studio, linear, noise=1.8)


def _cells(studio: Studio, cell: float) -> Field:
    """Gap between the nearest and the second nearest of scattered points, in cells: 0 on a crease."""
    rows, columns = np.meshgrid(
        np.arange(-2, studio.height / cell + 3), np.arange(-2, studio.width / cell + 3), indexing="ij"
    )
    points = np.stack([rows, columns], axis=2).reshape(-1, 2) + studio.rng.uniform(-0.48, 0.48, (rows.size, 2))
    y, x = np.mgrid[0 : studio.height, 0 : studio.width].astype(np.float64)
    y = y + 1.5 * studio.unit * studio.noise(12.0, 2)
    x = x + 1.5 * studio.unit * studio.noise(12.0, 2)
    near, _ = cKDTree(points * cell).query(np.stack([y, x], axis=2).reshape(-1, 2), k=2)
    return np.asarray((near[:, 1] - near[:, 0]).reshape(studio.shape) / cell)


def weave(studio: Studio) -> RgbImage:
    """Plain weave: yarns over and under each other, slightly uneven."""
    pitch = 13.0 * studio.unit + 2.0
    y, x = np.mgrid[0 : studio.height, 0 : studio.width].astype(np.float64)
    u = (x + 0.12 * pitch * studio.noise(90.0, 2)) / pitch
    v = (y + 0.12 * pitch * studio.noise(90.0, 2)) / pitch
    over = (np.floor(u) + np.floor(v)) % 2 == 0
    fu, fv = u - np.floor(u), v - np.floor(v)
    warp = np.sqrt(np.clip(1.0 - (2.2 * fu - 1.1) ** 2, 0.0, 1.0)) * (0.55 + 0.45 * np.sin(np.pi * fv))
    weft = np.sqrt(np.clip(1.0 - (2.2 * fv - 1.1) ** 2, 0.0, 1.0)) * (0.55 + 0.45 * np.sin(np.pi * fu))
    height = np.where(over, warp, weft)
    twist = np.where(over, (v * 5.0 + u * 2.0) % 1.0, (u * 5.0 + v * 2.0) % 1.0)
    shade, _ = studio.shade(blur(height, 0.7) * pitch * 0.3, 0.9)
    albedo = (0.35 + 0.65 * height) * (0.9 + 0.2 * twist) * (1.0 + 0.07 * studio.noise(2.0, 2))
    rgb = colour(*[(196, 184, 160), (92, 112, 142), (150, 150, 148)][int(studio.rng.integers(3))])
    return expose(studio, tint(albedo * shade * studio.lamp(0.2), rgb), noise=1.8, lens_px=0.7)


def wood(studio: Studio) -> RgbImage:
    """Plain-sawn wood: growth rings, fibres and pores along them."""
    y, x = np.mgrid[0 : studio.height, 0 : studio.width].astype(np.float64)
    drift = 26.0 * studio.unit * streak_noise(studio.rng, studio.shape, 90.0, 130.0 * studio.unit, 420.0 * studio.unit)
    drift = drift + 5.0 * studio.unit * streak_noise(studio.rng, studio.shape, 90.0, 30.0 * studio.unit, 200.0)
    phase = (x + drift) / (30.0 * studio.unit) + 0.0 * y
    ring = phase - np.floor(phase)
    late = smoothstep((ring - 0.45) / 0.5) * (1.0 - smoothstep((ring - 0.95) / 0.05))
    fibre = streak_noise(studio.rng, studio.shape, 90.0, 1.5, 70.0 * studio.unit)
    pores = smoothstep((streak_noise(studio.rng, studio.shape, 90.0, 1.6, 16.0 * studio.unit) - 1.7) / 0.5)
    bright = (1.0 - 0.34 * late) * (1.0 + 0.06 * fibre) * (1.0 - 0.4 * pores) * studio.lamp(0.15)
    base, dark = colour(196, 152, 104), colour(140, 92, 52)
    linear = tint(bright * (1.0 - 0.6 * late), base) + tint(bright * 0.6 * late, dark)
    return expose(studio, linear * (1.0 + 0.05 * studio.noise(160.0, 2))[..., None], noise=1.7)
