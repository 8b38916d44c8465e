"""Where the part is on the photo, and whether that can be believed.

The background is taken to be what the frame's border shows. A found part is kept only when it passes its own test
(a sensible share of the photo, a clear step along its outline, the same outline at other thresholds); otherwise the
whole photo counts as the part, and `reliable` says so.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from tools.vision.types import RgbImage

BoolMask = NDArray[np.bool_]
_WORK_SIDE = 256


@dataclass(frozen=True)
class Part:
    """The part's pixels.

    `depth` is the distance of each part pixel to the part's outline or the photo's border, in pixels (float32);
    `box` is its bounding box, xyxy with exclusive ends; `reliable` is False where the whole photo stands in.
    """

    mask: BoolMask
    depth: NDArray[np.float32]
    box: tuple[int, int, int, int]
    reliable: bool

    @property
    def short_side(self) -> int:
        """The shorter side of the bounding box in pixels."""
        return min(self.box[2] - self.box[0], self.box[3] - self.box[1])


def find_part(photo: RgbImage) -> Part:
    """Separate the part from the background.

    Args:
        photo: `uint8` H x W x 3 RGB.
    """
    height, width = photo.shape[:2]
    scale = min(1.0, _WORK_SIDE / max(height, width))
    size = (max(8, round(width * scale)), max(8, round(height * scale)))
    small = cv2.resize(photo, size, interpolation=cv2.INTER_AREA) if scale < 1.0 else photo
    small = cv2.medianBlur(small, 5)
    found = _segment(small)
    if found is None:
        found = _trimmed(small)
    if found is None:
        return _make(np.ones((height, width), dtype=bool), reliable=False)
    full = cv2.resize(found.astype(np.uint8) * 255, (width, height), interpolation=cv2.INTER_LINEAR) > 127
    return _make(_largest(full), reliable=True)


def part_from_mask(mask: BoolMask) -> Part:
    """The part of a given mask, for photos whose outline is known."""
    return _make(mask, reliable=True)


def _make(mask: BoolMask, reliable: bool) -> Part:
    padded = cv2.copyMakeBorder(mask.astype(np.uint8), 1, 1, 1, 1, cv2.BORDER_CONSTANT, value=0)
    depth = cv2.distanceTransform(padded, cv2.DIST_L2, cv2.DIST_MASK_PRECISE)[1:-1, 1:-1]
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    box = (int(columns[0]), int(rows[0]), int(columns[-1]) + 1, int(rows[-1]) + 1)
    return Part(mask, np.ascontiguousarray(depth, dtype=np.float32), box, reliable)


def _largest(mask: BoolMask) -> BoolMask:
    count, labels, stats, _ = cv2.connectedComponentsWithStats(mask.astype(np.uint8), connectivity=4)
    if count < 2:
        return mask
    return np.asarray(labels == 1 + int(np.argmax(stats[1:, cv2.CC_STAT_AREA])))


def _segment(image: RgbImage) -> BoolMask | None:
    """The part on a small photo, or None where nothing passes the test."""
    distance = _background_distance(image)
    threshold, _ = cv2.threshold(distance, 0, 255, cv2.THRESH_BINARY + cv2.THRESH_OTSU)
    for level in (min(max(threshold, 10.0), 60.0), 30.0, 18.0):
        mask = _cut(distance, level)
        if mask is not None and _believable(image, distance, mask, level):
            return mask
    return None


def _background_distance(image: RgbImage) -> NDArray[np.uint8]:
    """Largest channel difference to the nearest of the colours that the four border strips have."""
    values = image.astype(np.int16)
    strips = (values[:3], values[-3:], values[:, :3], values[:, -3:])
    sides = [np.median(strip.reshape(-1, 3), axis=0) for strip in strips]
    flat = [side for side, strip in zip(sides, strips, strict=True) if _is_flat(strip, side)]
    if not flat:
        return np.zeros(image.shape[:2], dtype=np.uint8)
    distances = [_largest_channel(np.abs(values - side.astype(np.int16))) for side in flat]
    return np.asarray(np.minimum.reduce(distances).clip(0, 255).astype(np.uint8))


def _largest_channel(values: NDArray[np.int16]) -> NDArray[np.int16]:
    return np.maximum(np.maximum(values[..., 0], values[..., 1]), values[..., 2])


def _third(image: RgbImage) -> NDArray[np.int32]:
    """Mean of the channels, rounded down."""
    values = image.astype(np.int32)
    return np.asarray((values[..., 0] + values[..., 1] + values[..., 2]) // 3)


def _is_flat(strip: NDArray[np.int16], median: NDArray[np.float64]) -> bool:
    """Background is plain: most of the strip is close to its median."""
    close = _largest_channel(np.abs(strip - median.astype(np.int16))) < 22
    return bool(close.mean() > 0.7)


def _cut(distance: NDArray[np.uint8], threshold: float) -> BoolMask | None:
    """What differs from the background and is one piece; background is only what reaches the border."""
    different = (distance > threshold).astype(np.uint8)
    different = cv2.morphologyEx(different, cv2.MORPH_CLOSE, np.ones((5, 5), np.uint8))
    different = cv2.morphologyEx(different, cv2.MORPH_OPEN, np.ones((5, 5), np.uint8))
    _, labels = cv2.connectedComponents(1 - different, connectivity=4)
    edge = np.unique(np.concatenate([labels[0], labels[-1], labels[:, 0], labels[:, -1]]))
    outside = np.isin(labels, edge[edge > 0])
    inside = ~outside
    if not inside.any():
        return None
    largest = _largest(inside)
    # Several pieces of like size are a pattern, not a part.
    if largest.sum() < 0.7 * inside.sum():
        return None
    return largest & ~_see_through(labels, largest, edge)


def _see_through(labels: NDArray[np.int32], part: BoolMask, edge: NDArray[np.int32]) -> BoolMask:
    """Openings in the part through which the background shows."""
    sizes = np.bincount(labels[part], minlength=int(labels.max()) + 1)
    sizes[0] = 0
    sizes[edge] = 0
    return np.isin(labels, np.flatnonzero(sizes >= max(12, 0.002 * part.sum())))


def _believable(image: RgbImage, distance: NDArray[np.uint8], mask: BoolMask, threshold: float) -> bool:
    share = float(mask.mean())
    border = np.concatenate([mask[0], mask[-1], mask[:, 0], mask[:, -1]])
    if not 0.03 <= share <= 0.985 or (share < 0.9 and border.mean() > 0.75):
        return False
    points = np.argwhere(mask).astype(np.int32)
    if share < 0.5 * cv2.contourArea(cv2.convexHull(points)) / mask.size:
        return False
    for factor in (0.75, 1.3):
        other = _cut(distance, threshold * factor)
        if other is None or float((other & mask).sum()) / float((other | mask).sum()) < 0.93:
            return False
    return _step(image, mask) > 3.0


def _trimmed(image: RgbImage) -> BoolMask | None:
    """A photo that the part all but fills, less the dark or bright strips beside it; None where there are none.

    A strip reaches the border, is far from the part's brightness, and ends in a step and not in a gradual fall-off.
    """
    grey = _third(image)
    middle = int(np.median(grey))
    far = ((grey < 0.42 * middle) | (grey > min(254, 2.2 * middle + 40))).astype(np.uint8)
    count, labels, stats, _ = cv2.connectedComponentsWithStats(far, connectivity=4)
    keep = np.ones(grey.shape, dtype=bool)
    kernel = np.ones((3, 3), np.uint8)
    for label in range(1, count):
        x, y, width, height, area = (int(v) for v in stats[label])
        sides = x == 0 or y == 0 or x + width == grey.shape[1] or y + height == grey.shape[0]
        if not sides or area < 40 or area > 0.2 * grey.size:
            continue
        strip = (labels == label).astype(np.uint8)
        contact = int(strip[0].sum() + strip[-1].sum() + strip[:, 0].sum() + strip[:, -1].sum())
        if contact < 0.2 * min(grey.shape) or area > 0.15 * contact * min(grey.shape):
            continue
        beside = (cv2.dilate(strip, kernel, iterations=4) > 0) & (cv2.dilate(strip, kernel, iterations=2) == 0)
        inner = (strip > 0) & (cv2.erode(strip, kernel, iterations=2, borderValue=1) == 0)
        if beside.sum() > 10 and inner.sum() > 10:
            step = abs(float(np.median(grey[beside])) - float(np.median(grey[inner])))
            if step > 0.3 * middle:
                keep &= cv2.dilate(strip, kernel) == 0
    if keep.all() or keep.mean() < 0.6:
        return None
    return _largest(keep)


def _step(image: RgbImage, mask: BoolMask) -> float:
    """The step across the outline, in units of the spread beside it on the background side."""
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (5, 5))
    solid = mask.astype(np.uint8)
    inner = mask & (cv2.erode(solid, kernel, iterations=2, borderValue=1) == 0)
    outer = (cv2.dilate(solid, kernel, iterations=2, borderValue=0) > 0) & ~mask
    if inner.sum() < 20 or outer.sum() < 20:
        return 0.0
    grey = _third(image)
    near, far = np.percentile(grey[inner], [25, 75]), np.percentile(grey[outer], [10, 90])
    gap = max(near[0] - far[1], far[0] - near[1])
    chroma = image.astype(np.int32) - grey[..., None]
    colour = float(np.abs(np.median(chroma[inner], axis=0) - np.median(chroma[outer], axis=0)).max())
    return float(max(gap, colour - 12.0))
