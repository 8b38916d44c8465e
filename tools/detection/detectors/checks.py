"""What every detector asks of its images and of its state."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from tools.detection.errors import DetectionInputError
from tools.vision.types import RgbImage

MIN_SIDE_PX = 16


def check_images(images: Sequence[RgbImage], *, at_least: int = 0, who: str = "a detector") -> None:
    """Raise DetectionInputError unless these are enough `uint8` H x W x 3 images of at least 16 px a side."""
    if len(images) < at_least:
        raise DetectionInputError(f"{who} needs at least {at_least} good images, got {len(images)}; add more")
    for index, image in enumerate(images):
        if not isinstance(image, np.ndarray) or image.dtype != np.uint8 or image.ndim != 3 or image.shape[2] != 3:
            found = f"{image.dtype} {image.shape}" if isinstance(image, np.ndarray) else type(image).__name__
            raise DetectionInputError(f"image {index} must be uint8 height x width x 3, got {found}; use load_image")
        if min(image.shape[:2]) < MIN_SIDE_PX:
            size = f"{image.shape[1]} x {image.shape[0]} px"
            raise DetectionInputError(f"image {index} is {size}; at least {MIN_SIDE_PX} px a side are needed")


def check_state(state: Mapping[str, NDArray[np.generic]], names: Sequence[str], who: str) -> None:
    """Raise DetectionInputError unless the state has these arrays and no number in them is NaN or infinite."""
    missing = [name for name in names if name not in state]
    if missing:
        raise fit_again(f"the saved state lacks {', '.join(missing)}: an older or another {who} was saved", who)
    for name in names:
        values = state[name]
        if np.issubdtype(values.dtype, np.floating) and not np.isfinite(values).all():
            raise fit_again(f"the saved state's {name} holds NaN or infinity", who)


def fit_again(why: str, who: str) -> DetectionInputError:
    """The error for a saved state that cannot be used: one line that ends in what to do."""
    return DetectionInputError(f"{why}; fit again: redrabbit fit --good GOOD --detector {who} --out BUNDLE")


def not_fitted(who: str) -> DetectionInputError:
    """The error for predict or state before fit."""
    return DetectionInputError(f"this {who} was never fitted; call fit with good images, or load a bundle")
