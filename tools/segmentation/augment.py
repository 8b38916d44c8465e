"""One random variant of a training example at the training size: pose, light, lens and noise.

Stronger than `tools.generation.augment` and in one warp, because it runs for every example of every step.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from tools.segmentation.config import AugmentConfig
from tools.vision.types import Mask, RgbImage


def to_size(image: RgbImage, mask: Mask, size_hw: tuple[int, int]) -> tuple[RgbImage, Mask]:
    """Both at a size, aspect not kept; a mask pixel is on where at least half of its area was."""
    height, width = size_hw
    if mask.shape == size_hw:
        return image, mask
    shrinks = mask.shape[0] * mask.shape[1] > height * width
    how = cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR
    small = cv2.resize(image, (width, height), interpolation=how)
    cover = cv2.resize(mask, (width, height), interpolation=how)
    return np.asarray(small, np.uint8), np.where(cover > 127, 255, 0).astype(np.uint8)


def augment(
    image: RgbImage, mask: Mask, size_hw: tuple[int, int], ranges: AugmentConfig, rng: np.random.Generator
) -> tuple[RgbImage, Mask]:
    """A variant at `size_hw`; the mask moves with the pixels. A defect is never moved out of the picture."""
    for _ in range(4):
        moved, moved_mask = _pose(image, mask, size_hw, ranges, rng)
        if moved_mask.any() or not mask.any():
            break
    else:
        moved, moved_mask = to_size(image, mask, size_hw)
    return _light(moved, ranges, rng), moved_mask


def _pose(
    image: RgbImage, mask: Mask, size_hw: tuple[int, int], ranges: AugmentConfig, rng: np.random.Generator
) -> tuple[RgbImage, Mask]:
    if mask.size > size_hw[0] * size_hw[1]:  # as photos are brought to size at work: a warp alone would alias
        image, mask = to_size(image, mask, size_hw)
    height, width = mask.shape
    out_height, out_width = size_hw
    turn = int(rng.integers(4)) * 90.0 if ranges.turn else 0.0
    angle = np.deg2rad(turn + rng.uniform(-1, 1) * ranges.rotation_deg)
    aspect, zoom = np.exp(rng.uniform(-1, 1, 2) * np.log1p(ranges.scale_share) * (0.3, 1.0))
    mirror = rng.choice([-1.0, 1.0], 2) if ranges.flip else np.ones(2)
    scale_x = out_width / width * zoom * aspect * mirror[0]
    scale_y = out_height / height * zoom / aspect * mirror[1]
    cosine, sine = np.cos(angle), np.sin(angle)
    turned = np.array([[cosine, -sine], [sine, cosine]]) @ np.diag([scale_x, scale_y])
    shift = rng.uniform(-1, 1, 2) * ranges.shift_share * (out_width, out_height)
    centre = np.array([out_width / 2, out_height / 2]) + shift - turned @ np.array([width / 2, height / 2])
    matrix = np.concatenate([turned, centre[:, None]], axis=1)
    border = cv2.BORDER_REFLECT_101
    size = (out_width, out_height)
    moved = cv2.warpAffine(image, matrix, size, flags=cv2.INTER_AREA, borderMode=border)
    soft = cv2.warpAffine(mask, matrix, size, flags=cv2.INTER_LINEAR, borderMode=border)
    return np.asarray(moved, np.uint8), np.where(soft > 127, 255, 0).astype(np.uint8)


def _light(image: RgbImage, ranges: AugmentConfig, rng: np.random.Generator) -> RgbImage:
    curve = np.arange(256, dtype=np.float32) / 255.0
    curve = np.power(curve, np.float32(np.exp(rng.normal(0, 1) * ranges.gamma)))
    curve = curve * np.float32(np.exp(rng.normal(0, 1) * ranges.gain))
    values = cv2.LUT(image, curve)
    if ranges.light and rng.random() < 0.5:
        coarse = rng.normal(0, ranges.light, (4, 4)).astype(np.float32)
        field = cv2.resize(coarse, (image.shape[1], image.shape[0]), interpolation=cv2.INTER_CUBIC)
        values = values * np.exp(field)[..., None]
    if ranges.blur_px and rng.random() < 0.3:
        soft = cv2.GaussianBlur(values, (0, 0), float(rng.uniform(0.3, ranges.blur_px)) + 0.1)
        values = values + np.float32(rng.uniform(-0.6, 1.0)) * (soft - values)
    if ranges.noise and rng.random() < 0.3:
        grain = rng.standard_normal(image.shape[:2], dtype=np.float32) * np.float32(rng.uniform(0, ranges.noise))
        values = values + grain[..., None]
    done: RgbImage = (np.clip(values, 0, 1) * 255).round().astype(np.uint8)
    return done


def crop(
    image: RgbImage, mask: Mask, size_hw: tuple[int, int], on_defect: float, rng: np.random.Generator
) -> tuple[RgbImage, Mask]:
    """A random window; with probability `on_defect` around a random pixel of the defect, not always its middle."""
    (height, width), (rows, columns) = size_hw, mask.shape
    y, x = int(rng.integers(rows - height + 1)), int(rng.integers(columns - width + 1))
    if rng.random() < on_defect and len(marked := np.flatnonzero(mask)):
        row, column = divmod(int(rng.choice(marked)), columns)
        y = min(max(row - height // 2 + int(rng.integers(-(height // 3), height // 3 + 1)), 0), rows - height)
        x = min(max(column - width // 2 + int(rng.integers(-(width // 3), width // 3 + 1)), 0), columns - width)
    return image[y : y + height, x : x + width], mask[y : y + height, x : x + width]


def paste(image: RgbImage, mask: Mask, other: RgbImage, other_mask: Mask) -> tuple[RgbImage, Mask]:
    """A copy of the first picture with the second one's defect laid in, level with the ground it lands on."""
    soft: NDArray[np.float32] = cv2.GaussianBlur(other_mask, (0, 0), 1.0).astype(np.float32)[..., None] / 255.0
    ring = cv2.dilate(other_mask, np.ones((9, 9), np.uint8)) > other_mask
    if not ring.any():
        return image, mask
    lift = image[ring].mean(axis=0) - other[ring].mean(axis=0)
    blended = image * (1 - soft) + np.clip(other + lift, 0, 255) * soft
    return blended.round().astype(np.uint8), np.maximum(mask, other_mask)
