"""What the report measures on the photo itself: the contrast of each region with its surroundings."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from tools.detection.records import InspectionRecord
from tools.detection.regions import Region
from tools.vision.images import load_image
from tools.vision.masks import rle_to_mask
from tools.vision.types import RgbImage

MIN_CONTRAST = 0.02
"""A smaller difference is not called darker or brighter: five of 256 grey values."""
_RING_PX = 12


def region_mask(record: InspectionRecord, region: Region, shape: tuple[int, int]) -> NDArray[np.bool_]:
    """The region's pixels in the full picture: from its run lengths, the record's mask, or else its whole box."""
    x1, y1, x2, y2 = region.bbox_xyxy
    inside = np.zeros(shape, dtype=bool)
    inside[max(y1, 0) : y2, max(x1, 0) : x2] = True
    if region.rle is not None:
        full = np.asarray(rle_to_mask(region.rle)) > 0
        return full if full.shape == shape else inside
    if record.mask and Path(record.mask).is_file():
        full = load_image(Path(record.mask))[..., 0] > 127
        if full.shape == shape and bool((full & inside).any()):
            return np.asarray(full & inside)
    return inside


def contrast(image: RgbImage, pixels: NDArray[np.bool_]) -> float | None:
    """Mean grey of the pixels minus that of a ring around them, as a share of the full range.

    Args:
        image: `uint8` H x W x 3.
        pixels: boolean H x W.

    Returns:
        -1 to 1; None where there is no ring, or no difference worth a word.
    """
    if not pixels.any():
        return None
    grey = cv2.cvtColor(image, cv2.COLOR_RGB2GRAY).astype(np.float64)
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * _RING_PX + 1, 2 * _RING_PX + 1))
    ring = (cv2.dilate(pixels.astype(np.uint8), kernel) > 0) & ~pixels
    if not ring.any():
        return None
    difference = float(grey[pixels].mean() - grey[ring].mean()) / 255.0
    return round(difference, 4) if abs(difference) >= MIN_CONTRAST else None
