"""Augmentations of an image with its mask: lighting, pose, blur and noise; the mask moves with the pixels.

For training data, not for evidence: after these, pixels outside the mask are no longer the photo's own.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from tools.generation.renderer.noise import blur
from tools.generation.renderer.streams import stream
from tools.generation.renderer.tone import decode, encode, quantise
from tools.vision.images import is_grey
from tools.vision.types import Mask, RgbImage


@dataclass(frozen=True)
class Augmentation:
    """How far each thing may vary; 0 (or False) turns it off.

    `exposure` is in stops, `gradient` the share by which a lamp falls off over the photo, `rotation_deg`,
    `shift_share` and `scale_share` (of 1) the pose, `blur_px` the largest Gaussian blur, `noise_levels` the largest
    noise in grey levels, `flip` allows mirroring.
    """

    exposure: float = 0.35
    gradient: float = 0.25
    rotation_deg: float = 4.0
    shift_share: float = 0.03
    scale_share: float = 0.04
    blur_px: float = 0.8
    noise_levels: float = 3.0
    flip: bool = True


@dataclass(frozen=True)
class Augmented:
    """What came out, and every value that was drawn."""

    image: RgbImage
    mask: Mask
    values: dict[str, float]


def augment(image: RgbImage, mask: Mask, seed: int, ranges: Augmentation | None = None) -> Augmented:
    """One random variation of an image and its mask.

    Args:
        image: `uint8` H x W x 3 RGB.
        mask: `uint8` H x W, 0 or 255.
        seed: the same seed gives the same bytes.
        ranges: how far it may vary.

    Returns:
        Same sizes; the mask stays 0 or 255, grey images stay grey.
    """
    ranges = ranges or Augmentation()
    rng = stream(seed, "augment")
    u = rng.uniform(-1.0, 1.0, 8)
    values = {
        "rotation_deg": float(u[0]) * ranges.rotation_deg,
        "shift_x": float(u[1]) * ranges.shift_share,
        "shift_y": float(u[2]) * ranges.shift_share,
        "scale": 1.0 + float(u[3]) * ranges.scale_share,
        "exposure": float(u[4]) * ranges.exposure,
        "blur_px": abs(float(u[5])) * ranges.blur_px,
        "noise_levels": abs(float(u[6])) * ranges.noise_levels,
        "gradient": abs(float(u[7])) * ranges.gradient,
        "gradient_deg": float(rng.uniform(0.0, 360.0)),
        "flip": float(rng.integers(2)) if ranges.flip else 0.0,
    }
    moved, moved_mask = _pose(image, mask, values)
    return Augmented(_light_and_lens(moved, values, rng), moved_mask, values)


def _pose(image: RgbImage, mask: Mask, values: dict[str, float]) -> tuple[RgbImage, Mask]:
    if values["flip"]:
        image, mask = np.ascontiguousarray(image[:, ::-1]), np.ascontiguousarray(mask[:, ::-1])
    still = values["rotation_deg"] == 0 and values["scale"] == 1 and values["shift_x"] == 0 and values["shift_y"] == 0
    if still:
        return image, mask
    height, width = mask.shape
    matrix = cv2.getRotationMatrix2D(((width - 1) / 2.0, (height - 1) / 2.0), values["rotation_deg"], values["scale"])
    matrix[0, 2] += values["shift_x"] * width
    matrix[1, 2] += values["shift_y"] * height
    size = (width, height)
    turned = cv2.warpAffine(image, matrix, size, flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT_101)
    soft = cv2.warpAffine(mask, matrix, size, flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT_101)
    return np.asarray(turned, dtype=np.uint8), np.where(soft > 127, 255, 0).astype(np.uint8)


def _light_and_lens(image: RgbImage, values: dict[str, float], rng: np.random.Generator) -> RgbImage:
    grey = is_grey(image)
    linear = decode(image[..., :1] if grey else image)
    height, width = image.shape[:2]
    angle = np.deg2rad(values["gradient_deg"])
    rows, columns = np.arange(height)[:, None] / height - 0.5, np.arange(width)[None, :] / width - 0.5
    lamp = 2.0 ** values["exposure"] * (
        1.0 + 2.0 * values["gradient"] * (columns * np.cos(angle) - rows * np.sin(angle))
    )
    linear = linear * np.maximum(lamp, 0.05)[..., None]
    planes = [blur(np.ascontiguousarray(linear[..., c]), values["blur_px"]) for c in range(linear.shape[2])]
    levels: NDArray[np.float64] = encode(np.stack(planes, axis=2))
    levels = levels + values["noise_levels"] * rng.standard_normal(levels.shape)
    done = quantise(levels)
    return np.repeat(done, 3, axis=2) if grey else done
