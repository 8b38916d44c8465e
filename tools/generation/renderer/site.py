"""What a type sees of the place where it is drawn, and what it hands back.

A type never touches the photo: it describes a change of the surface (`Layers`), which `finish` turns into pixels.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import cv2
import numpy as np
from numpy.typing import NDArray

from tools.generation.renderer.noise import Field, blur
from tools.generation.renderer.photo import PhotoAnalysis
from tools.generation.renderer.shape import Shape
from tools.generation.renderer.tone import decode
from tools.vision.types import Box, RgbImage

TEXTURE_SIGMA_PX = 5.0


@dataclass(frozen=True)
class Site:
    """The crop of the photo under one defect.

    `linear` is the crop in linear light (height x width x channels, one channel on grey photos), `low` the same
    without its texture, `value` the mean grey value under the mask (0 to 1, as displayed).
    """

    box: Box
    shape: Shape
    linear: NDArray[np.float64]
    photo: PhotoAnalysis
    parameters: Mapping[str, float]
    rng: np.random.Generator
    visibility: float
    """Severity's factor on contrast and depth; 1 is plainly visible."""
    colour: tuple[float, float, float] | None = None
    """Linear RGB colour that was asked for."""
    part_depth: Field | None = None
    """Distance of each pixel to the part's outline, 0 beside the part; None where the outline is not known."""

    @property
    def size(self) -> tuple[int, int]:
        """Height and width of the crop."""
        return self.linear.shape[0], self.linear.shape[1]

    @cached_property
    def low(self) -> NDArray[np.float64]:
        """The crop without its texture."""
        return make_low(self.linear)

    @cached_property
    def value(self) -> float:
        """Mean displayed value under the mask, 0 to 1."""
        mean = float(self.linear[self.shape.mask].mean())
        return float(np.sqrt(min(max(mean, 0.0), 1.0)))

    def gain(self, contrast: float | Field) -> Field:
        """The factor in linear light that moves the mean displayed value by a signed contrast.

        -1 goes to black, 0 stays, 1 goes to white; the photo's texture is kept in proportion.
        """
        value = max(self.value, 0.04)
        change = np.clip(np.asarray(contrast, dtype=np.float64), -0.98, 0.98)
        target = np.where(change < 0, value * (1.0 + change), value + change * (1.0 - value))
        ratio = target / value
        return np.asarray(ratio * ratio)


def make_low(linear: NDArray[np.float64], sigma_px: float = TEXTURE_SIGMA_PX) -> NDArray[np.float64]:
    """The crop without its texture (Gaussian, at a quarter of the size where the crop is large)."""
    height, width, channels = linear.shape
    if min(height, width) < 48:
        return np.stack([blur(np.ascontiguousarray(linear[..., c]), sigma_px) for c in range(channels)], axis=2)
    size = (width // 4, height // 4)
    small = cv2.resize(linear, size, interpolation=cv2.INTER_AREA).reshape(size[1], size[0], channels)
    soft = np.stack([blur(np.ascontiguousarray(small[..., c]), sigma_px / 4.0) for c in range(channels)], axis=2)
    return np.asarray(cv2.resize(soft, (width, height), interpolation=cv2.INTER_LINEAR)).reshape(linear.shape)


def crop_linear(photo: RgbImage, box: Box, *, grey: bool) -> NDArray[np.float64]:
    """The box of a photo in linear light, with one channel where the photo is grey."""
    x1, y1, x2, y2 = box
    crop = photo[y1:y2, x1:x2, :1] if grey else photo[y1:y2, x1:x2]
    return decode(crop)


@dataclass
class Layers:
    """A change of the surface under one defect; every array has the crop's height and width.

    Attributes:
        alpha: opacity of the whole change, 0 outside the mask.
        gain: factor in linear light (height x width, or with channels for a tint).
        height: relief in pixels of height, relit by the light; None is flat.
        relief: strength of the relighting.
        texture: how much of the photo's own texture stays (1 all, 0 none, 2 doubled), a number or a field.
        even: how much of the slow changes of brightness goes (a dull surface has no sheen), 0 to 1.
        cover: opacity of `paint`, which replaces the surface.
        paint: linear colour of what covers the surface (height x width x channels, or broadcastable).
        shine: linear light added on top, a share of white.
    """

    alpha: Field
    gain: NDArray[np.float64] | float = 1.0
    height: Field | None = None
    relief: float = 1.0
    texture: Field | float = 1.0
    even: float = 0.0
    cover: Field | None = None
    paint: NDArray[np.float64] | None = None
    shine: Field | None = None
