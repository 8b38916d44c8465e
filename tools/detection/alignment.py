"""Does the part lie where it lay in the good photos?

Works only where the good photos themselves lie alike: then their mean is a template, and phase correlation (Kuglin &
Hines 1975) finds how far a new photo is shifted from it. Where good photos differ too much to say, the check is off,
and the bundle's card says so.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from tools.vision.types import RgbImage

SIDE_PX = 128
ALIGNED_SHIFT = 0.04
"""Good photos count as aligned when nearly all lie within this share of the side."""
ALIGNED_RESPONSE = 0.25
"""… and correlate with the template at least so well (0 to 1)."""
MIN_GOOD = 5
BETTER = 0.7
"""A shift is believed when putting the photo back makes it differ from the template by at most this share of before: a
large defect can mislead the correlation, but not that test."""


@dataclass(frozen=True)
class Alignment:
    """The template (`float32` 128 x 128) and how far good photos lie from it."""

    template: NDArray[np.float32]
    active: bool
    max_shift: float
    """Largest shift of a good photo, as a share of the side."""
    min_response: float

    def shift(self, image: RgbImage) -> tuple[float, float, float]:
        """Shift in x and y as shares of the side, and the correlation peak."""
        return _shift(self.template, _small(image))

    def objection(self, image: RgbImage) -> str | None:
        """Why the part lies wrong, or None."""
        if not self.active:
            return None
        small = _small(image)
        x, y, _ = _shift(self.template, small)
        limit = max(2.0 * self.max_shift, ALIGNED_SHIFT)
        if np.hypot(x, y) > limit and self._is_better(small, x, y):
            height, width = image.shape[:2]
            return f"the part has moved by about {x * width:+.0f} px in x and {y * height:+.0f} px in y"
        return None

    def _is_better(self, small: NDArray[np.float32], x: float, y: float) -> bool:
        """Does the photo fit the template much better when it is put back?"""
        dx, dy = round(x * SIDE_PX), round(y * SIDE_PX)
        rows = slice(max(0, -dy), SIDE_PX - max(0, dy))
        columns = slice(max(0, -dx), SIDE_PX - max(0, dx))
        there = (slice(rows.start + dy, rows.stop + dy), slice(columns.start + dx, columns.stop + dx))
        if small[there].size < SIDE_PX * SIDE_PX // 4:
            return False
        before = _difference(self.template[there], small[there])
        return _difference(self.template[rows, columns], small[there]) <= BETTER * before


def _difference(one: NDArray[np.float32], other: NDArray[np.float32]) -> float:
    """Mean absolute difference, each pixel's clipped at one deviation so that a defect counts for little."""
    return float(np.minimum(np.abs(one - other), 1.0).mean())


def learn_alignment(images: Sequence[RgbImage]) -> Alignment:
    """Template and tolerance from good photos; inactive where they do not lie alike or are fewer than five.

    Each photo is compared with the mean of the others, so that it does not vouch for itself.
    """
    small = np.stack([_small(image) for image in images])
    template = small.mean(axis=0)
    if len(images) < MIN_GOOD:
        return Alignment(template.astype(np.float32), False, 0.0, 0.0)
    found = [_shift(((template * len(small) - one) / (len(small) - 1)).astype(np.float32), one) for one in small]
    shifts = np.array([np.hypot(x, y) for x, y, _ in found])
    responses = np.array([response for _, _, response in found])
    active = float(np.quantile(shifts, 0.95)) <= ALIGNED_SHIFT and float(np.quantile(responses, 0.05)) >= (
        ALIGNED_RESPONSE
    )
    return Alignment(
        template.astype(np.float32), bool(active), float(np.quantile(shifts, 0.98)), float(np.quantile(responses, 0.02))
    )


def _small(image: RgbImage) -> NDArray[np.float32]:
    """Grey, 128 x 128, zero mean and unit variance."""
    grey = cv2.cvtColor(image, cv2.COLOR_RGB2GRAY).astype(np.float32)
    resized = cv2.resize(grey, (SIDE_PX, SIDE_PX), interpolation=cv2.INTER_AREA)
    deviation = float(resized.std())
    return np.asarray((resized - resized.mean()) / max(deviation, 1e-3), dtype=np.float32)


def _shift(template: NDArray[np.float32], other: NDArray[np.float32]) -> tuple[float, float, float]:
    window = cv2.createHanningWindow((SIDE_PX, SIDE_PX), cv2.CV_32F)
    # OpenCV 5 multiplies the window into the arrays that it is given
    (x, y), response = cv2.phaseCorrelate(template.copy(), other.copy(), window)
    return x / SIDE_PX, y / SIDE_PX, float(response)
