"""What the camera did to the photo: noise, grain size, blur and JPEG compression.

All of it is measured on the photo itself, so that a drawn defect is as noisy, as soft and as compressed as what
surrounds it. Values are rounded, so that the last bits of a sum cannot change a picture.
"""

from __future__ import annotations

import io
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from tools.generation.renderer.noise import blur
from tools.vision.types import RgbImage

_QUALITIES = (99, 97, 95, 92, 90, 87, 85, 80, 75, 70, 65, 60, 50, 40)


@dataclass(frozen=True)
class Camera:
    """Measured properties of one photo.

    `noise_sigma` is in grey levels, found at the grey level `noise_level`; `chroma_share` is how much of it each
    colour channel has for itself (0 to 1), `grain_px` the Gaussian width that correlates it, `blur_px` the Gaussian
    width of the sharpest edges, `jpeg_quality` 0 where the photo carries no trace of JPEG.
    """

    noise_sigma: float
    noise_level: float
    grain_px: float
    chroma_share: float
    blur_px: float
    jpeg_quality: int
    jpeg_subsampling: int


def measure_camera(photo: RgbImage, *, grey: bool) -> Camera:
    """Measure a photo.

    Args:
        photo: `uint8` H x W x 3 RGB.
        grey: the three channels are equal.
    """
    level = photo[..., 1].astype(np.float64)
    sigma, grain, at = _noise(level)
    chroma = 0.0
    if not grey:
        apart = photo[..., 0].astype(np.float64) - level
        chroma = min(_noise(apart)[0] / (1.42 * sigma), 1.0)
    quality, subsampling = _jpeg(photo, grey)
    return Camera(
        noise_sigma=round(sigma, 2),
        noise_level=round(at, 1),
        grain_px=round(grain, 2),
        chroma_share=round(chroma, 2),
        blur_px=_blur(level, sigma),
        jpeg_quality=quality,
        jpeg_subsampling=subsampling,
    )


def _noise(level: NDArray[np.float64]) -> tuple[float, float, float]:
    """Noise floor from second differences in the direction where they are smallest (after Immerkaer 1996).

    Along grinding marks or grain the surface hardly changes, so what changes there is noise; of all blocks the tenth
    with the least counts, so that texture does not. Returns its sigma, its grain and the grey level it was found at.
    """
    crop = level[: level.shape[0] // 16 * 16, : level.shape[1] // 16 * 16]
    blocks = crop.reshape(crop.shape[0] // 16, 16, -1, 16).swapaxes(1, 2).reshape(-1, 16, 16)
    inside = (np.abs(blocks).min(axis=(1, 2)) > 0) & (blocks.max(axis=(1, 2)) < 253)
    blocks = blocks[inside] if inside.sum() >= 4 else blocks
    centre = blocks[:, 1:-1, 1:-1]
    best, grain, at = np.inf, 0.0, 0.0
    for dy, dx in ((0, 1), (1, 0), (1, 1), (1, -1)):
        before = blocks[:, 1 - dy : 15 - dy, 1 - dx : 15 - dx]
        after = blocks[:, 1 + dy : 15 + dy, 1 + dx : 15 + dx]
        second = np.abs(2.0 * centre - before - after).mean(axis=(1, 2)) / (0.79788 * np.sqrt(6.0))
        least = np.argsort(second, kind="stable")[: max(3, len(second) // 10)]
        # The quietest tenth of equally noisy blocks lies 8 % below their mean.
        sigma = float(second[least].mean()) * 1.08
        if sigma < best:
            first = float(np.abs(after - before)[least].mean()) / (0.79788 * np.sqrt(2.0))
            best, grain, at = sigma, _grain(sigma / 1.08, first), float(centre[least].mean())
    return min(max(best * (1.0 + 1.2 * grain), 0.3), 12.0), grain, at


def _grain(second_sigma: float, first_sigma: float) -> float:
    """Gaussian width from how much smaller second differences are than differences two pixels apart.

    For white noise the two agree; for a field with neighbour correlation r they are as (3 - 4 r + r^4) / 3 to
    1 - r^4 in variance (r^4 is the correlation two pixels apart of a Gaussian-blurred field).
    """
    ratio = (second_sigma / max(first_sigma, 1e-6)) ** 2
    r = np.linspace(0.0, 0.9, 91)
    expected = (3.0 - 4.0 * r + r**4) / 3.0 / (1.0 - r**4)
    found = float(r[int(np.argmin(np.abs(expected - ratio)))])
    return float(np.sqrt(-1.0 / (4.0 * np.log(found)))) if found > 0.05 else 0.0


def _blur(level: NDArray[np.float64], sigma: float) -> float:
    """Width of the sharpest edges from how much they lose by blurring again (Zhuo and Sim 2011)."""
    height, width = level.shape
    crop = level[max(0, height // 2 - 160) : height // 2 + 160, max(0, width // 2 - 160) : width // 2 + 160]
    first = _gradient(crop)
    again = _gradient(blur(crop, 1.0))
    strong = first > max(np.percentile(first, 97), 6.0 * sigma, 4.0)
    if strong.sum() < 30:
        return 0.8
    ratio = first[strong] / np.maximum(again[strong], 1e-6)
    top = float(np.percentile(ratio, 75))
    return round(min(max(float(1.0 / np.sqrt(max(top * top - 1.0, 0.05))), 0.55), 3.0), 2)


def _gradient(level: NDArray[np.float64]) -> NDArray[np.float64]:
    dx = (level[1:-1, 2:] - level[1:-1, :-2]) / 2.0
    dy = (level[2:, 1:-1] - level[:-2, 1:-1]) / 2.0
    return np.asarray(np.sqrt(dx * dx + dy * dy))


def _jpeg(photo: RgbImage, grey: bool) -> tuple[int, int]:
    """Quality at which compressing again changes the least: a photo that was a JPEG has a dip at its own."""
    height, width = photo.shape[0] // 16 * 16, photo.shape[1] // 16 * 16
    top, left = max(0, height // 2 - 48) // 16 * 16, max(0, width // 2 - 48) // 16 * 16
    crop = photo[top : min(top + 96, height), left : min(left + 96, width)]
    best = (1e9, 0, 0)
    for subsampling in (0,) if grey else (0, 2):
        errors = []
        for quality in _QUALITIES:
            again = jpeg_round_trip(crop, quality, subsampling, grey)
            difference = crop.astype(np.int16) - again
            errors.append(float((difference * difference).mean()))
        for i, error in enumerate(errors[1:-1], start=1):
            expected = (errors[i - 1] + errors[i + 1]) / 2.0
            if error < 0.45 * expected and error < best[0]:
                best = (error, _QUALITIES[i], subsampling)
    return best[1], best[2]


def jpeg_round_trip(patch: RgbImage, quality: int, subsampling: int, grey: bool) -> RgbImage:
    """A patch compressed and read again; its corner must lie on the photo's 16-pixel grid."""
    buffer = io.BytesIO()
    if grey:
        Image.fromarray(patch[..., 0]).save(buffer, "JPEG", quality=quality)
        plane = np.asarray(Image.open(buffer))
        return np.repeat(plane[..., None], 3, axis=2)
    Image.fromarray(patch).save(buffer, "JPEG", quality=quality, subsampling=subsampling)
    return np.asarray(Image.open(buffer))


def noise_at(camera: Camera, level: NDArray[np.float64]) -> NDArray[np.float64]:
    """Noise to expect at a grey level: shot noise, so it grows with the root of the brightness."""
    ratio = (np.clip(level, 0.0, 255.0) + 8.0) / (camera.noise_level + 8.0)
    return np.asarray(camera.noise_sigma * np.clip(np.sqrt(ratio), 0.5, 2.0))


def grain_field(rng: np.random.Generator, shape: tuple[int, ...], camera: Camera) -> NDArray[np.float64]:
    """Noise like the camera's, standard deviation 1."""
    noise = rng.standard_normal(shape)
    if camera.grain_px < 0.25:
        return noise
    soft = blur(noise, camera.grain_px)
    spread = float(np.sqrt((soft * soft).mean())) + 1e-9
    return np.asarray(soft / spread)


def grey_level(photo: RgbImage) -> NDArray[np.float64]:
    """Luma as float64 (integer weights, so the same everywhere)."""
    values = photo.astype(np.int32)
    return np.asarray((values[..., 0] * 77 + values[..., 1] * 150 + values[..., 2] * 29) / 256.0)


def shrink(level: NDArray[np.float64], side: int) -> tuple[NDArray[np.float64], float]:
    """A field with its longer side at most `side`, and the scale."""
    scale = min(1.0, side / max(level.shape))
    if scale >= 1.0:
        return level, 1.0
    size = (max(4, round(level.shape[1] * scale)), max(4, round(level.shape[0] * scale)))
    return np.asarray(cv2.resize(level, size, interpolation=cv2.INTER_AREA)), scale
