"""Preparation of a photo before the detector sees it: white balance, homomorphic filter, CLAHE, gamma, stretch.

The same settings are applied at fit and at inspection; they travel in the bundle. Order as listed.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from tools.detection.config import Homomorphic, IlluminationContrast, Preprocessing
from tools.vision.types import RgbImage

PRESETS: dict[str, IlluminationContrast] = {
    "illumination-contrast-balanced": IlluminationContrast.model_validate(
        {"white_balance": "gray_world", "homomorphic": {"enabled": True}, "clahe": {"enabled": True}}
    ),
    "illumination-contrast-lowlight": IlluminationContrast.model_validate(
        {"clahe": {"enabled": True, "clip_limit": 3.0}, "gamma": 0.7, "contrast_stretch": {"enabled": True}}
    ),
    "illumination-contrast-texture-boost": IlluminationContrast.model_validate(
        {"homomorphic": {"enabled": True, "gamma_high": 2.0}, "clahe": {"enabled": True, "clip_limit": 3.0}}
    ),
    "illumination-contrast-aggressive": IlluminationContrast.model_validate(
        {
            "white_balance": "max_rgb",
            "homomorphic": {"enabled": True, "gamma_low": 0.5, "gamma_high": 2.0},
            "clahe": {"enabled": True, "clip_limit": 4.0},
            "contrast_stretch": {"enabled": True},
        }
    ),
    "illumination-contrast-color-stable": IlluminationContrast.model_validate(
        {"white_balance": "gray_world", "homomorphic": {"enabled": True, "per_channel": False}}
    ),
    "illumination-contrast-no-homomorphic": IlluminationContrast.model_validate(
        {"white_balance": "gray_world", "clahe": {"enabled": True}, "contrast_stretch": {"enabled": True}}
    ),
}
"""Named settings for `--preprocessing-preset`."""


def prepare_photo(image: RgbImage, settings: Preprocessing) -> RgbImage:
    """The photo as the detector gets it: `uint8` H x W x 3 of the same size; the same array where nothing is asked."""
    knobs = settings.illumination_contrast
    if knobs is None:
        return image
    values = image.astype(np.float32) / 255.0
    values = _balance(values, knobs.white_balance)
    if knobs.homomorphic.enabled:
        values = _homomorphic(values, knobs.homomorphic)
    if knobs.clahe.enabled:
        values = _clahe(values, knobs.clahe.clip_limit, knobs.clahe.tile_grid_size)
    if knobs.gamma is not None:
        values = np.power(np.clip(values, 0.0, 1.0), knobs.gamma).astype(np.float32)
    if knobs.contrast_stretch.enabled:
        stretch = knobs.contrast_stretch
        low, high = np.percentile(values, [stretch.lower_percentile, stretch.upper_percentile])
        if high > low:
            values = ((values - low) / (high - low)).astype(np.float32)
    return (np.clip(values, 0.0, 1.0) * 255.0).round().astype(np.uint8)


def _balance(values: NDArray[np.float32], method: str) -> NDArray[np.float32]:
    """Scale the channels so that their means (grey world) or their maxima (max RGB) agree."""
    if method == "none":
        return values
    level = values.mean(axis=(0, 1)) if method == "gray_world" else values.max(axis=(0, 1))
    gain = level.mean() / np.maximum(level, 1e-6)
    return np.asarray(np.clip(values * gain, 0.0, 1.0), dtype=np.float32)


def _homomorphic(values: NDArray[np.float32], knobs: Homomorphic) -> NDArray[np.float32]:
    """High-emphasis filter of the logarithm (Oppenheim et al. 1968); mean brightness stays.

    `H(d) = low + (high - low) * (1 - exp(-c * (d / cutoff)^2))`, d the frequency as a share of the Nyquist frequency.
    """
    if not knobs.per_channel:
        grey = values.mean(axis=2, keepdims=True)
        filtered = _filter_log(grey, knobs)
        return np.asarray(np.clip(values * (filtered / np.maximum(grey, 1e-3)), 0.0, 1.0), dtype=np.float32)
    return _filter_log(values, knobs)


def _filter_log(values: NDArray[np.float32], knobs: Homomorphic) -> NDArray[np.float32]:
    height, width = values.shape[:2]
    vertical = np.fft.fftfreq(height)[:, None] * 2.0
    horizontal = np.fft.rfftfreq(width)[None, :] * 2.0
    squared = (vertical**2 + horizontal**2) / knobs.cutoff**2
    gain = knobs.gamma_low + (knobs.gamma_high - knobs.gamma_low) * (1.0 - np.exp(-knobs.c * squared))
    logarithm = np.log1p(values)
    middle = logarithm.mean(axis=(0, 1), keepdims=True)
    spectrum = np.fft.rfft2(logarithm - middle, axes=(0, 1)) * gain[..., None]
    back = np.fft.irfft2(spectrum, s=(height, width), axes=(0, 1)) + middle
    return np.asarray(np.clip(np.expm1(back), 0.0, 1.0), dtype=np.float32)


def _clahe(values: NDArray[np.float32], clip_limit: float, grid: list[int]) -> NDArray[np.float32]:
    """CLAHE (Zuiderveld 1994) on the lightness of Lab, so that colours stay."""
    lab = cv2.cvtColor((np.clip(values, 0.0, 1.0) * 255.0).round().astype(np.uint8), cv2.COLOR_RGB2LAB)
    lab[..., 0] = cv2.createCLAHE(clip_limit, (grid[0], grid[1])).apply(np.ascontiguousarray(lab[..., 0]))
    return np.asarray(cv2.cvtColor(lab, cv2.COLOR_LAB2RGB), dtype=np.float32) / np.float32(255.0)
