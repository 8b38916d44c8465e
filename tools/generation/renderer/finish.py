"""From a change of the surface to pixels: relight, blend in linear light, match the camera, composite exactly."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from tools.generation.errors import GenerationError
from tools.generation.renderer.camera import grain_field, jpeg_round_trip, noise_at
from tools.generation.renderer.noise import Field, blur
from tools.generation.renderer.photo import Light
from tools.generation.renderer.site import Layers, Site
from tools.generation.renderer.tone import encode, quantise
from tools.vision.types import RgbImage


def relight(height: Field, light: Light, strength: float) -> tuple[Field, Field]:
    """How much brighter a relief is than the flat surface (Lambert), and its highlight (Blinn-Phong).

    Args:
        height: relief in pixels, up is positive.
        light: its direction.
        strength: factor on the slopes.

    Returns:
        A factor around 1 and a highlight of 0 to 1.
    """
    azimuth, elevation = np.deg2rad(light.azimuth_deg), np.deg2rad(light.elevation_deg)
    lx, ly = np.cos(azimuth) * np.cos(elevation), -np.sin(azimuth) * np.cos(elevation)
    lz = np.sin(elevation)
    slope_y, slope_x = np.gradient(height)
    slope_x, slope_y = slope_x * strength, slope_y * strength
    length = np.sqrt(slope_x * slope_x + slope_y * slope_y + 1.0)
    lambert = (-slope_x * lx - slope_y * ly + lz) / length
    half = np.sqrt(lx * lx + ly * ly + (lz + 1.0) ** 2)
    shine = np.clip((-slope_x * lx - slope_y * ly + lz + 1.0) / (length * half), 0.0, 1.0)
    flat = (lz + 1.0) / half
    highlight = np.clip(shine**24 - flat**24, 0.0, 1.0)
    # A third of the light comes from all around.
    return np.asarray(0.33 + 0.67 * np.maximum(lambert, 0.0) / lz), np.asarray(highlight)


def surface(site: Site, layers: Layers) -> NDArray[np.float64]:
    """The crop in linear light with the change applied where `alpha` says so."""
    base = site.linear
    lens = 0.8 * site.photo.camera.blur_px if site.parameters.get("match_camera", 1.0) else 0.0
    if layers.even > 0.0:
        middle = site.low[site.shape.mask].mean(axis=0)
        base = base * (1.0 + layers.even * (middle / np.maximum(site.low, 0.004) - 1.0))
    if not (isinstance(layers.texture, float) and layers.texture == 1.0):
        keep = layers.texture if isinstance(layers.texture, float) else layers.texture[..., None]
        low = site.low if layers.even <= 0.0 else site.low + layers.even * (middle - site.low)
        base = np.maximum(low + keep * (base - low), 0.0)
    gain = _soft(np.asarray(layers.gain), lens)
    base = base * (gain[..., None] if gain.ndim == 2 else gain)
    if layers.cover is not None and layers.paint is not None:
        cover = _soft(layers.cover, lens)[..., None]
        base = base * (1.0 - cover) + cover * layers.paint
    if layers.height is not None:
        shade, _ = relight(layers.height, site.photo.light, layers.relief)
        base = base * _soft(shade, lens)[..., None]
    if layers.shine is not None:
        base = base + _soft(layers.shine, lens)[..., None]
    alpha = layers.alpha[..., None]
    return np.asarray(site.linear + alpha * (base - site.linear))


def _soft(field: NDArray[np.float64], lens_px: float) -> NDArray[np.float64]:
    """A field as the photo's lens would show it."""
    if field.ndim < 2 or lens_px <= 0.05:
        return field
    if field.ndim == 2:
        return blur(field, lens_px)
    return np.stack([blur(np.ascontiguousarray(field[..., c]), lens_px) for c in range(field.shape[2])], axis=2)


def finish(photo: RgbImage, site: Site, layers: Layers, *, match_camera: bool = True) -> RgbImage:
    """The crop with the defect in it.

    Outside the mask the photo's own pixels come back; inside, every pixel differs by at least one grey level.

    Args:
        photo: what the defect is drawn on (with earlier defects in it).
        site: the place.
        layers: the change.
        match_camera: add noise where the change took it away, and compress like the photo.
    """
    x1, y1, x2, y2 = site.box
    before = photo[y1:y2, x1:x2]
    linear = surface(site, layers)
    levels = encode(linear)
    if match_camera:
        levels = levels + _missing_noise(site, layers, levels)
    patch = quantise(levels)
    if patch.shape[2] == 1:
        patch = np.repeat(patch, 3, axis=2)
    mask = site.shape.mask
    patch = np.where(mask[..., None], patch, before)
    if match_camera and site.photo.camera.jpeg_quality:
        patch = np.where(mask[..., None], _compressed(photo, site, patch), before)
    return _all_changed(before, patch, mask, levels)


def _missing_noise(site: Site, layers: Layers, levels: NDArray[np.float64]) -> NDArray[np.float64]:
    """Noise that the change took away: the camera's variance less what is left of the photo's."""
    before = encode(site.linear)
    slope = (_mean(levels) + 2.0) / (_mean(before) + 2.0)
    kept = layers.texture if isinstance(layers.texture, float) else np.clip(layers.texture, 0.0, 1.0)
    own = np.clip(slope, 0.0, 1.0) * np.minimum(kept, 1.0)
    if layers.cover is not None:
        own = own * (1.0 - layers.cover)
    own = 1.0 - layers.alpha * (1.0 - own)
    lack = noise_at(site.photo.camera, _mean(levels)) * np.sqrt(np.clip(1.0 - own * own, 0.0, 1.0))
    if float(lack.max()) < 0.05:
        return np.zeros((1, 1, 1))
    noise = grain_field(site.rng, site.size, site.photo.camera)
    share = site.photo.camera.chroma_share
    if levels.shape[2] == 1 or share < 0.02:
        return np.asarray((lack * noise)[..., None])
    out = np.empty((*site.size, 3))
    common = np.sqrt(1.0 - share * share) * noise
    for channel in range(3):
        out[..., channel] = lack * (common + share * grain_field(site.rng, site.size, site.photo.camera))
    return out


def _compressed(photo: RgbImage, site: Site, patch: RgbImage) -> RgbImage:
    """The crop after JPEG at the photo's quality, on the photo's block grid."""
    x1, y1, x2, y2 = site.box
    left, top = x1 // 16 * 16, y1 // 16 * 16
    right, bottom = min(-(-x2 // 16) * 16, photo.shape[1]), min(-(-y2 // 16) * 16, photo.shape[0])
    block = photo[top:bottom, left:right].copy()
    block[y1 - top : y2 - top, x1 - left : x2 - left] = patch
    camera = site.photo.camera
    done = jpeg_round_trip(block, camera.jpeg_quality, camera.jpeg_subsampling, site.photo.grey)
    return done[y1 - top : y2 - top, x1 - left : x2 - left]


def _mean(levels: NDArray[np.float64]) -> Field:
    """Mean over one or three channels (faster than numpy over so short an axis)."""
    if levels.shape[2] == 1:
        return levels[..., 0]
    return np.asarray((levels[..., 0] + levels[..., 1] + levels[..., 2]) / 3.0)


def _equal(one: RgbImage, two: RgbImage) -> NDArray[np.bool_]:
    """Where all three channels are the same."""
    same = one == two
    return np.asarray(same[..., 0] & same[..., 1] & same[..., 2])


def _all_changed(before: RgbImage, patch: RgbImage, mask: NDArray[np.bool_], levels: NDArray[np.float64]) -> RgbImage:
    """Move mask pixels that rounding left alone by one grey level, the way the change goes."""
    same = mask & _equal(patch, before)
    if same.any():
        wanted = _mean(levels) - _mean(before.astype(np.float64))
        trend = float(wanted[mask].mean())
        up = np.where(np.abs(wanted) > 0.02, wanted > 0, trend > 0)[same]
        old = before[same].astype(np.int16)
        step = np.where(up, 1, -1)
        step = np.where((old.max(axis=1) + step) > 255, -1, step)
        step = np.where((old.min(axis=1) + step) < 0, 1, step)
        patch = patch.copy()
        patch[same] = np.clip(old + step[:, None], 0, 255).astype(np.uint8)
    if (mask & _equal(patch, before)).any():
        raise GenerationError("a pixel of the mask could not be changed; report the photo and the seed")
    return patch
