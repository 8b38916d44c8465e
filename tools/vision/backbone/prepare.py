"""Photos to network input: resizing, normalisation, and the checks that every backbone shares."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from tools.vision.backbone.protocol import Stage
from tools.vision.errors import BackboneError
from tools.vision.types import RgbImage


def resize(image: RgbImage, size: tuple[int, int]) -> RgbImage:
    """Resize to (height, width): area averaging when shrinking, so that fine defects do not alias; else bilinear."""
    height, width = size
    if image.shape[:2] == (height, width):
        return image
    shrinks = height * width < image.shape[0] * image.shape[1]
    resized = cv2.resize(image, (width, height), interpolation=cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR)
    return np.asarray(resized, dtype=np.uint8)


def to_batch(
    images: Sequence[RgbImage], size: tuple[int, int], mean: Sequence[float], scale: Sequence[float]
) -> NDArray[np.float32]:
    """Resized images as `(pixel - mean) / scale`, `float32`, N x 3 x height x width; mean and scale in 0..255."""
    batch = np.empty((len(images), *size, 3), dtype=np.float32)
    for index, image in enumerate(images):
        check_image(image)
        batch[index] = resize(image, size)
    batch -= np.asarray(mean, dtype=np.float32)
    batch /= np.asarray(scale, dtype=np.float32)
    return batch.transpose(0, 3, 1, 2)


def check_image(image: RgbImage) -> None:
    """Raise BackboneError unless this is `uint8` H x W x 3 with no empty side."""
    if not isinstance(image, np.ndarray) or image.dtype != np.uint8 or image.ndim != 3 or image.shape[2] != 3:
        found = f"{image.dtype} {image.shape}" if isinstance(image, np.ndarray) else type(image).__name__
        raise BackboneError(f"an image must be uint8 height x width x 3, got {found}; read it with load_image")
    if 0 in image.shape:
        raise BackboneError(f"an image of {image.shape[1]} x {image.shape[0]} px has no pixels")


def check_size(size: tuple[int, int], multiple_px: int, name: str) -> None:
    """Raise BackboneError unless both sides are positive multiples of `multiple_px`."""
    if len(size) != 2 or any(side < multiple_px or side % multiple_px for side in size):
        near = tuple(nearest_multiple(side, multiple_px) for side in size)
        raise BackboneError(f"{name} needs sides that are multiples of {multiple_px} px, got {size}; nearest is {near}")


def nearest_multiple(side_px: float, multiple_px: int) -> int:
    """The multiple nearest to a length, at least one."""
    return max(1, round(side_px / multiple_px)) * multiple_px


def pick_stages(wanted: Sequence[str] | None, stages: tuple[Stage, ...], name: str) -> list[int]:
    """Positions of the named stages; all for None.

    Raises:
        BackboneError: a name that is not there.
    """
    names = [stage.name for stage in stages]
    if wanted is None:
        return list(range(len(names)))
    unknown = [stage for stage in wanted if stage not in names]
    if unknown or not wanted:
        raise BackboneError(f"{name} has no stage {', '.join(unknown) or '(none named)'}; it has {', '.join(names)}")
    return [names.index(stage) for stage in wanted]


def unit_length(vectors: NDArray[np.float32]) -> NDArray[np.float32]:
    """Rows scaled to Euclidean length 1; a zero row stays zero."""
    norms = np.linalg.norm(vectors, axis=1, keepdims=True)
    return np.asarray(vectors / np.maximum(norms, 1e-12), dtype=np.float32)
