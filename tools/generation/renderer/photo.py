"""Everything the renderer knows about one photo, measured once and kept for the next defect on it."""

from __future__ import annotations

import threading
from collections import OrderedDict
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from tools.generation.renderer.camera import Camera, grey_level, measure_camera, shrink
from tools.generation.renderer.foreground import Part, find_part
from tools.generation.renderer.noise import blur
from tools.vision.images import content_hash, is_grey
from tools.vision.types import RgbImage


@dataclass(frozen=True)
class Light:
    """Where the light comes from: azimuth 0 is from the right, counter-clockwise as seen; `confident` is False for
    the default (top left)."""

    azimuth_deg: float
    elevation_deg: float
    confident: bool


@dataclass(frozen=True)
class PhotoAnalysis:
    """Measured properties of one photo.

    `texture_deg` is the direction along grinding marks or grain, `texture_coherence` how clear it is (0 to 1).
    """

    grey: bool
    part: Part
    camera: Camera
    light: Light
    texture_deg: float
    texture_coherence: float
    streaks: float
    """How far the texture is made of long marks along `texture_deg`, 0 to 1."""
    level: float
    """Median grey level on the part."""
    typical: NDArray[np.bool_]
    """Where the part shows its main surface and not a bore, a chip or a label: a small map over the whole photo."""
    chroma: float
    """Median difference between the strongest and the weakest channel on the part, 0 to 1."""
    background: tuple[float, float, float]
    """Median colour beside the part; black where the part fills the photo."""


_LEAST_TEXTURE = 0.9
"""Fine texture weaker than this, in grey levels, is noise and no marks."""

_CACHE: OrderedDict[str, PhotoAnalysis] = OrderedDict()
_CACHE_PIXELS = 24 * 1024 * 1024
"""Photos that are kept may have so many pixels together: 24 of a megapixel."""
_LOCK = threading.Lock()


def analyse(photo: RgbImage) -> PhotoAnalysis:
    """Measure a photo, or find what was measured before (by content)."""
    key = content_hash(photo)
    with _LOCK:
        if key in _CACHE:
            _CACHE.move_to_end(key)
            return _CACHE[key]
    found = _measure(photo)
    with _LOCK:
        _CACHE[key] = found
        while len(_CACHE) > 1 and sum(one.part.mask.size for one in _CACHE.values()) > _CACHE_PIXELS:
            _CACHE.popitem(last=False)
    return found


def _measure(photo: RgbImage) -> PhotoAnalysis:
    grey = is_grey(photo)
    part = find_part(photo)
    level = grey_level(photo)
    texture, coherence = texture_direction(shrink(level, 320)[0])
    outside = photo[~part.mask] if part.reliable else np.zeros((0, 3), np.uint8)
    colour = np.median(outside, axis=0) if len(outside) else np.zeros(3)
    return PhotoAnalysis(
        grey=grey,
        part=part,
        camera=measure_camera(photo, grey=grey),
        light=_light(level, part),
        texture_deg=texture,
        texture_coherence=coherence,
        streaks=_streaks(level, texture),
        level=float(np.median(level[part.mask])),
        typical=_typical(level, part),
        chroma=_chroma(photo, part),
        background=(float(colour[0]), float(colour[1]), float(colour[2])),
    )


def _typical(level: NDArray[np.float64], part: Part) -> NDArray[np.bool_]:
    """Pixels whose surroundings are about as bright as half of the part is."""
    small, _ = shrink(level, 192)
    size = (small.shape[1], small.shape[0])
    mask = cv2.resize(part.mask.astype(np.uint8), size, interpolation=cv2.INTER_AREA) > 0
    soft = blur(small, 1.5)
    median = float(np.median(soft[mask]))
    spread = 1.4826 * float(np.median(np.abs(soft[mask] - median)))
    return np.asarray(mask & (np.abs(soft - median) <= max(30.0, 2.5 * spread)))


def _chroma(photo: RgbImage, part: Part) -> float:
    pixels = photo[part.mask][::7].astype(np.int16)
    return round(float(np.median(pixels.max(axis=1) - pixels.min(axis=1))) / 255.0, 3)


def texture_direction(level: NDArray[np.float64]) -> tuple[float, float]:
    """Direction along which the texture changes least (structure tensor, Bigun and Granlund 1987).

    Returns:
        Degrees in [0, 180), counter-clockwise as seen, and a coherence in [0, 1].
    """
    dx = (level[1:-1, 2:] - level[1:-1, :-2]) / 2.0
    dy = (level[2:, 1:-1] - level[:-2, 1:-1]) / 2.0
    # Strong edges are outlines, not texture.
    energy = dx * dx + dy * dy
    keep = energy <= np.percentile(energy[::2, ::2], 95)
    dx, dy = dx[keep], dy[keep]
    xx, yy, xy = float((dx * dx).mean()), float((dy * dy).mean()), float((dx * dy).mean())
    gap = np.sqrt((xx - yy) ** 2 + 4.0 * xy * xy)
    across = 0.5 * np.arctan2(2.0 * xy, xx - yy)
    along = (90.0 - np.rad2deg(across)) % 180.0
    return round(float(along), 1) % 180.0, round(float(gap / (xx + yy + 1e-9)), 3)


def _streaks(level: NDArray[np.float64], direction_deg: float) -> float:
    """Correlation of the fine texture with itself 10 pixels further along its direction, stretched to 0 to 1."""
    height, width = level.shape
    crop = level[max(0, height // 2 - 160) : height // 2 + 160, max(0, width // 2 - 160) : width // 2 + 160]
    fine = np.clip(blur(crop, 0.8) - blur(crop, 5.0), -12.0, 12.0)
    angle = np.deg2rad(direction_deg)
    dx, dy = round(float(10.0 * np.cos(angle))), round(float(-10.0 * np.sin(angle)))
    if dy < 0:
        dx, dy = -dx, -dy
    rows, columns = fine.shape
    if rows <= dy + 8 or columns <= abs(dx) + 8:
        return 0.0
    left, right = max(0, -dx), columns - max(0, dx)
    here, there = fine[: rows - dy, left:right], fine[dy:, left + dx : right + dx]
    power = float((fine * fine).mean())
    if power < _LEAST_TEXTURE**2:
        return 0.0
    rho = float((here * there).mean()) / power
    return round(min(max((rho - 0.04) / 0.2, 0.0), 1.0), 2)


def _light(level: NDArray[np.float64], part: Part) -> Light:
    """Light direction from how the rim of the part is shaded, or the fall-off over it; top left where neither tells.

    The rim of a rounded part is brighter where its outward normal points to the light: least squares of brightness
    on the normal (Johnson and Farid 2005). A flat part is brighter on the side of a near light.
    """
    small, scale = shrink(level, 192)
    size = (small.shape[1], small.shape[0])
    mask = cv2.resize(part.mask.astype(np.uint8), size, interpolation=cv2.INTER_AREA) > 0
    if part.reliable:
        depth = cv2.resize(part.depth, size, interpolation=cv2.INTER_LINEAR) * scale
        solid = cv2.GaussianBlur(mask.astype(np.float64), (0, 0), 4.0)
        nx, ny = -_central(solid, 1), -_central(solid, 0)
        length = np.sqrt(nx * nx + ny * ny)
        rim = mask & (depth > 1.5) & (depth < 6.0) & (length > 1e-3)
        if rim.sum() > 60:
            fit = _fit(nx[rim] / length[rim], ny[rim] / length[rim], small[rim])
            if fit is not None:
                return fit
    rows, columns = np.nonzero(mask)
    fit = _fit(columns / size[0] - 0.5, rows / size[1] - 0.5, small[rows, columns])
    return fit or Light(135.0, 42.0, confident=False)


def _central(field: NDArray[np.float64], axis: int) -> NDArray[np.float64]:
    return np.asarray(np.gradient(field, axis=axis))


def _fit(x: NDArray[np.float64], y: NDArray[np.float64], value: NDArray[np.float64]) -> Light | None:
    """Direction in which `value` grows, where a plane explains at least a quarter of it."""
    x, y, value = x - x.mean(), y - y.mean(), value - value.mean()
    xx, yy, xy = float((x * x).mean()), float((y * y).mean()), float((x * y).mean())
    xv, yv, vv = float((x * value).mean()), float((y * value).mean()), float((value * value).mean())
    determinant = xx * yy - xy * xy
    if determinant < 1e-9 or vv < 4.0:
        return None
    a, b = (yy * xv - xy * yv) / determinant, (xx * yv - xy * xv) / determinant
    if (a * xv + b * yv) / vv < 0.25:
        return None
    return Light(round(float(np.rad2deg(np.arctan2(-b, a))) % 360.0, 0), 42.0, confident=True)
