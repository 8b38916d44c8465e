"""Between displayed grey levels and linear light (sRGB, IEC 61966-2-1), by tables."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def _srgb_to_linear(value: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.where(value <= 0.04045, value / 12.92, ((value + 0.055) / 1.055) ** 2.4)


_TO_LINEAR = _srgb_to_linear(np.arange(256) / 255.0)
_STEPS = 65535
_grid = np.arange(_STEPS + 1) / _STEPS
_TO_LEVEL = 255.0 * np.where(_grid <= 0.0031308, 12.92 * _grid, 1.055 * _grid ** (1 / 2.4) - 0.055)


def decode(levels: NDArray[np.uint8]) -> NDArray[np.float64]:
    """Grey levels to linear light, 0 to 1."""
    return _TO_LINEAR[levels]


def encode(linear: NDArray[np.float64]) -> NDArray[np.float64]:
    """Linear light to grey levels as float64, 0 to 255; values outside 0 to 1 are cut off."""
    index = np.clip(linear * _STEPS + 0.5, 0.0, float(_STEPS)).astype(np.int32)
    return _TO_LEVEL[index]


def quantise(levels: NDArray[np.float64]) -> NDArray[np.uint8]:
    """Round to whole grey levels; first to 1/1024, so that the last bits of a float cannot decide."""
    steady = np.floor(levels * 1024.0 + 0.5) / 1024.0
    return np.asarray(np.clip(np.floor(steady + 0.5), 0.0, 255.0).astype(np.uint8))


def linear_colour(red: int, green: int, blue: int) -> tuple[float, float, float]:
    """A displayed colour (0 to 255) in linear light."""
    return float(_TO_LINEAR[red]), float(_TO_LINEAR[green]), float(_TO_LINEAR[blue])
