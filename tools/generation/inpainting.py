"""What happens to pixels around an inpainting model: the cut-out that is sent, and what of its answer is believed.

A model paints where it likes. Here its picture is laid back over the photo only where the mask asked for a defect and
the picture really differs from the photo; everything else stays the photo's own, bit for bit.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from tools.vision.types import Box, Mask, RgbImage

GROW_SHARE, GROW_MIN_PX, GROW_MAX_PX = 0.004, 2, 10
"""How far the requested mask reaches beyond the drawn one: latent models work in blocks of 8 px."""
STEP_PX = 16
"""Latent models want sides that are multiples of this."""
SHORT_PX, LONG_PX = 512, 1536
"""What a cut-out is scaled to at least and at most."""
CONTEXT = 3.0
"""A cut-out is this many times as wide as the defect, so that the model sees what is around it."""
FLOOR = 3.0
"""Differences below this are never seen (CIELAB units; 2.3 is just noticeable, Mahy et al. 1994)."""
MAD_FACTOR = 6.0
STRONG = 1.6
"""A changed region has a pixel this many times over the threshold."""
SPECK_PX = 4
MIN_SHARE = 0.1
"""A picture that changed less of the requested mask than this shows no defect."""


@dataclass(frozen=True)
class Window:
    """The cut-out: its box on the photo, and the size that the model gets (width, height)."""

    box_xyxy: Box
    size: tuple[int, int]

    @property
    def megapixels(self) -> float:
        """What is paid for."""
        return self.size[0] * self.size[1] / 1e6


@dataclass(frozen=True)
class Painted:
    """A picture that was believed."""

    image: RgbImage
    mask: Mask
    share_changed: float
    """Of the requested mask."""


def grow(mask: Mask) -> Mask:
    """The drawn mask with a rim, in which a model may blend."""
    radius = round(GROW_SHARE * min(mask.shape))
    radius = min(max(radius, GROW_MIN_PX), GROW_MAX_PX)
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * radius + 1, 2 * radius + 1))
    return np.asarray(cv2.dilate(mask, kernel), dtype=np.uint8)


def find_window(mask: Mask) -> Window:
    """A cut-out around everything that is set in a mask, with context."""
    height, width = mask.shape
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    need = CONTEXT * max(rows[-1] - rows[0] + 1, columns[-1] - columns[0] + 1)
    x1, x2 = _span(int(columns[0]), int(columns[-1]) + 1, max(need, SHORT_PX), width)
    y1, y2 = _span(int(rows[0]), int(rows[-1]) + 1, max(need, SHORT_PX), height)
    scale = max(1.0, SHORT_PX / min(x2 - x1, y2 - y1))
    scale = min(scale, LONG_PX / max(x2 - x1, y2 - y1))
    return Window((x1, y1, x2, y2), (_step(scale * (x2 - x1)), _step(scale * (y2 - y1))))


def _span(low: int, high: int, need: float, limit: int) -> tuple[int, int]:
    """An interval around [low, high) of about `need` px, inside [0, limit)."""
    side = min(_step(max(need, high - low)), limit)
    start = min(max((low + high - side) // 2, 0), limit - side)
    return start, start + side


def _step(length: float) -> int:
    return max(STEP_PX, math.ceil(round(length, 3) / STEP_PX) * STEP_PX)


def cut(image: NDArray[np.uint8], window: Window) -> NDArray[np.uint8]:
    """The cut-out of an image or a mask, in the model's size."""
    x1, y1, x2, y2 = window.box_xyxy
    part = image[y1:y2, x1:x2]
    if (x2 - x1, y2 - y1) == window.size:
        return np.ascontiguousarray(part)
    if image.ndim == 2:
        return np.asarray(cv2.resize(part, window.size, interpolation=cv2.INTER_NEAREST), dtype=np.uint8)
    larger = window.size[0] > x2 - x1
    way = cv2.INTER_CUBIC if larger else cv2.INTER_AREA
    return np.asarray(cv2.resize(part, window.size, interpolation=way), dtype=np.uint8)


def compose(photo: RgbImage, requested: Mask, window: Window, answer: RgbImage) -> Painted | str:
    """Lay a model's answer over the photo where it was asked for and where it differs.

    Args:
        photo: `uint8` H x W x 3.
        requested: `uint8` H x W, 0 or 255: where a change is wanted.
        window: the cut-out that was sent.
        answer: the model's picture of the cut-out, in any size of the same shape.

    Returns:
        The picture with its final mask, or the reason why the answer is refused.
    """
    x1, y1, x2, y2 = window.box_xyxy
    sent, got = window.size[0] / window.size[1], answer.shape[1] / answer.shape[0]
    if abs(got / sent - 1) > 0.02:
        return f"the picture is {answer.shape[1]} x {answer.shape[0]} px, not the shape that was sent"
    way = cv2.INTER_AREA if answer.shape[1] > x2 - x1 else cv2.INTER_LINEAR
    same = answer.shape[:2] == (y2 - y1, x2 - x1)
    fitted = np.asarray(answer if same else cv2.resize(answer, (x2 - x1, y2 - y1), interpolation=way), dtype=np.uint8)
    before, wanted = photo[y1:y2, x1:x2], requested[y1:y2, x1:x2] > 0
    changed = changed_pixels(before, fitted, wanted)
    inside, outside = int((changed & wanted).sum()), int((changed & ~wanted).sum())
    if outside > max(inside, 0.01 * (~wanted).sum()):
        return "the change lies outside the mask"
    share = inside / max(int(wanted.sum()), 1)
    if share < MIN_SHARE or inside < SPECK_PX:
        return "nothing to be seen inside the mask"
    final = changed & wanted
    image, mask = photo.copy(), np.zeros(photo.shape[:2], dtype=np.uint8)
    image[y1:y2, x1:x2][final] = fitted[final]
    mask[y1:y2, x1:x2][final] = 255
    return Painted(image, mask, share)


def changed_pixels(before: RgbImage, after: RgbImage, wanted: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Where two pictures differ by more than the model's own noise.

    Features of a pixel are its colour (CIELAB) and the strength of its edges; the threshold comes from the pixels
    outside `wanted`, where a model should have changed nothing: median + 6 scaled median absolute deviations.
    """
    distance = np.sqrt(np.sum((_features(after) - _features(before)) ** 2, axis=2))
    rest = distance[~wanted]
    threshold = FLOOR
    if rest.size:
        middle = float(np.median(rest))
        threshold = max(FLOOR, middle + MAD_FACTOR * 1.4826 * float(np.median(np.abs(rest - middle))))
    return _regions(distance > threshold, distance > STRONG * threshold)


def _features(image: RgbImage) -> NDArray[np.float32]:
    smooth = cv2.GaussianBlur(image.astype(np.float32) / 255.0, (0, 0), 0.8)
    lab = cv2.cvtColor(smooth, cv2.COLOR_RGB2LAB)
    light = cv2.GaussianBlur(lab[..., 0], (0, 0), 1.0)
    edges = cv2.magnitude(cv2.Sobel(light, cv2.CV_32F, 1, 0) / 8, cv2.Sobel(light, cv2.CV_32F, 0, 1) / 8)
    return np.dstack([lab, edges]).astype(np.float32)


def _regions(weak: NDArray[np.bool_], strong: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Regions over the threshold that have a strong pixel and are no specks (hysteresis, Canny 1986)."""
    count, labels, facts, _ = cv2.connectedComponentsWithStats(weak.astype(np.uint8), connectivity=8)
    keep = np.zeros(count, dtype=bool)
    keep[np.unique(labels[strong])] = True
    keep &= facts[:, cv2.CC_STAT_AREA] >= SPECK_PX
    keep[0] = False
    return np.asarray(keep[labels], dtype=np.bool_)
