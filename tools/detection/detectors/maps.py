"""Patch scores to what a detector returns: one number, and a map of the image's own size."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from tools.vision.types import ScoreMap

LOW, LEAST_SPREAD = 0.1, 0.05
"""A photo's spread reaches from this quantile to its median, and is at least this share of the median."""


def top_mean(values: NDArray[np.float32], share: float) -> float:
    """Mean of the highest `share` of all values, at least one: steadier than the maximum, as sharp on small defects."""
    flat = values.ravel()
    count = max(1, round(share * flat.size))
    return float(np.partition(flat, flat.size - count)[flat.size - count :].mean(dtype=np.float64))


def stand_out(values: NDArray[np.float32], share: float) -> float:
    """How far the worst of a photo lies from good parts and from the rest of the photo: the geometric mean of both.

    The second number counts the photo's own spread, its median less its lowest tenth: a grainy or badly lit photo, all
    of whose patches are a little strange, is held against itself. Areas of up to half of the photo do not hide.

    Args:
        values: distances to good parts, 0 and up, any shape.
        share: of all values that count as the worst.
    """
    worst, middle = top_mean(values, share), float(np.median(values))
    spread = max(middle - float(np.quantile(values, LOW)), LEAST_SPREAD * middle, 1e-6)
    return float(np.sqrt(worst * max(worst - middle, 0.0) / spread))


def full_size(cells: NDArray[np.float32], shape: tuple[int, int], sigma_cells: float = 0.0) -> ScoreMap:
    """A map of cells at an image's (height, width): Gaussian smoothing over cells, then bilinear interpolation."""
    smooth = cv2.GaussianBlur(cells, (0, 0), sigma_cells, borderType=cv2.BORDER_REFLECT) if sigma_cells else cells
    resized = cv2.resize(smooth, (shape[1], shape[0]), interpolation=cv2.INTER_LINEAR)
    return np.ascontiguousarray(resized, dtype=np.float32)
