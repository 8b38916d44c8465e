"""Things on a part that could be missing: compact regions that stand out from what is around them."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from tools.generation.renderer.camera import grey_level, shrink
from tools.vision.types import Box, RgbImage

_LEAST_STEP = 26.0


@dataclass(frozen=True)
class Component:
    """One region: its box (xyxy, exclusive ends) and whether it is round."""

    box: Box
    round: bool


def find_components(photo: RgbImage) -> list[Component]:
    """Packages on a board, heads of screws, pads in an X-ray; an even texture has none.

    Args:
        photo: `uint8` H x W x 3 RGB.
    """
    small, scale = shrink(grey_level(photo), 512)
    level = np.clip(small, 0, 255).astype(np.uint8)
    wide = max(31, int(0.14 * max(level.shape)) // 2 * 2 + 1)
    around = cv2.resize(level, (level.shape[1] // 4, level.shape[0] // 4), interpolation=cv2.INTER_AREA)
    around = cv2.medianBlur(around, max(3, wide // 4 // 2 * 2 + 1))
    around = cv2.resize(around, (level.shape[1], level.shape[0]), interpolation=cv2.INTER_LINEAR)
    apart = cv2.absdiff(level, around)
    binary = (apart > _LEAST_STEP).astype(np.uint8)
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (5, 5))
    binary = cv2.morphologyEx(binary, cv2.MORPH_OPEN, kernel)
    binary = cv2.morphologyEx(binary, cv2.MORPH_CLOSE, kernel, iterations=2)
    count, _, stats, _ = cv2.connectedComponentsWithStats(binary, connectivity=8)
    found = []
    for label in range(1, count):
        x, y, width, height, area = (int(v) for v in stats[label])
        inside = x > 0 and y > 0 and x + width < level.shape[1] and y + height < level.shape[0]
        fits = 0.0008 * level.size < area < 0.06 * level.size and min(width, height) >= 8
        filled = area / (width * height)
        if inside and fits and filled > 0.62 and max(width, height) < 4 * min(width, height):
            grown = (x - 2, y - 2, x + width + 2, y + height + 2)
            box = tuple(round(v / scale) for v in grown)
            round_one = filled < 0.83 and max(width, height) < 1.25 * min(width, height)
            found.append(Component((box[0], box[1], box[2], box[3]), round_one))
    return found
