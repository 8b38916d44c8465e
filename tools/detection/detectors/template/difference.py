"""How far a photo's pixels lie outside what the golden photo shows around the same place.

A printed edge may lie a pixel or two off without being a defect. So a pixel is compared with the range (darkest to
brightest) that the golden photo has within a small radius, and, the other way round, the golden pixel with the range of
the photo: the first finds what was added, the second what is missing, thin lines included. It is the morphological
form of tolerant template matching (grey dilation and erosion as the upper and lower envelope).
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray


def tolerant_difference(golden: NDArray[np.uint8], photo: NDArray[np.uint8], tolerance_px: int) -> NDArray[np.float32]:
    """Grey levels beyond the local range, the larger of both directions and all channels.

    Args:
        golden: H x W x C.
        photo: the same, registered.
        tolerance_px: radius of the neighbourhood; 0 is the plain difference.

    Returns:
        `float32` H x W, 0 to 255.
    """
    added, missing = _outside(golden, photo, tolerance_px), _outside(photo, golden, tolerance_px)
    both = np.maximum(added, missing)
    return np.asarray(both.max(axis=2) if both.ndim == 3 else both, dtype=np.float32)


def _outside(reference: NDArray[np.uint8], values: NDArray[np.uint8], radius_px: int) -> NDArray[np.uint8]:
    if radius_px == 0:
        return np.asarray(cv2.absdiff(reference, values), dtype=np.uint8)
    side = 2 * radius_px + 1
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (side, side))
    above = cv2.subtract(values, cv2.dilate(reference, kernel))
    below = cv2.subtract(cv2.erode(reference, kernel), values)
    return np.asarray(cv2.max(above, below), dtype=np.uint8)
