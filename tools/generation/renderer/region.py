"""Where a defect may lie: the part, narrowed to a zone, a polygon, a box or the rim."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from tools.blueprint.model import Blueprint, Zone
from tools.generation.errors import BlueprintDoesNotFitError
from tools.generation.renderer.foreground import Part

BoolMask = NDArray[np.bool_]
_CELLS = {
    Zone.TOP_LEFT: (0, 0), Zone.TOP: (1, 0), Zone.TOP_RIGHT: (2, 0),
    Zone.LEFT: (0, 1), Zone.CENTER: (1, 1), Zone.RIGHT: (2, 1),
    Zone.BOTTOM_LEFT: (0, 2), Zone.BOTTOM: (1, 2), Zone.BOTTOM_RIGHT: (2, 2),
}  # fmt: skip
EDGE_SHARE = 0.12


@dataclass(frozen=True)
class Region:
    """`body` is where every pixel of a defect must lie, `centres` where its centre must; `words` says it."""

    body: BoolMask
    centres: BoolMask
    words: str


def find_region(blueprint: Blueprint, part: Part, spread: float) -> Region:
    """The region of a Blueprint on a part.

    A polygon or box holds the whole defect; a zone holds its centre, the whole defect lies on the part.

    Args:
        blueprint: its placement.
        part: the part on the photo.
        spread: share of the part's box around its middle in which centres lie.

    Raises:
        BlueprintDoesNotFitError: the place lies beside the part.
    """
    placement = blueprint.placement
    body, centres, words = part.mask, part.mask, "the part"
    if placement.polygon is not None:
        body = centres = part.mask & _polygon(placement.polygon, part.mask.shape)
        words = "the polygon"
    elif placement.box is not None:
        x1, y1, x2, y2 = placement.box
        body = centres = part.mask & _polygon(((x1, y1), (x2, y1), (x2, y2), (x1, y2)), part.mask.shape)
        words = "the box"
    elif placement.zone is Zone.EDGE:
        band = max(2.0, EDGE_SHARE * part.short_side)
        centres, words = part.mask & (part.depth <= band), "the part's edge"
    elif placement.zone is not None:
        centres, words = part.mask & _cell(placement.zone, part), f"the zone {placement.zone.value}"
    if spread < 1.0:
        centres = centres & _window(part, spread)
    if not centres.any():
        raise BlueprintDoesNotFitError(f"{words} lies outside the part on this photo; choose another place")
    return Region(body, centres, words)


def _polygon(points: tuple[tuple[float, float], ...], shape: tuple[int, ...]) -> BoolMask:
    height, width = shape[0], shape[1]
    corners = np.array([[x * width - 0.5, y * height - 0.5] for x, y in points])
    canvas = np.zeros((height, width), dtype=np.uint8)
    cv2.fillPoly(canvas, [np.round(corners * 16).astype(np.int32)], 1, shift=4)
    return canvas > 0


def _cell(zone: Zone, part: Part) -> BoolMask:
    x1, y1, x2, y2 = part.box
    column, row = _CELLS[zone]
    found = np.zeros(part.mask.shape, dtype=bool)
    xs = [x1 + (x2 - x1) * i // 3 for i in range(4)]
    ys = [y1 + (y2 - y1) * i // 3 for i in range(4)]
    found[ys[row] : ys[row + 1], xs[column] : xs[column + 1]] = True
    return found


def _window(part: Part, spread: float) -> BoolMask:
    x1, y1, x2, y2 = part.box
    half_w, half_h = spread * (x2 - x1) / 2.0, spread * (y2 - y1) / 2.0
    cx, cy = (x1 + x2) / 2.0, (y1 + y2) / 2.0
    found = np.zeros(part.mask.shape, dtype=bool)
    rows = slice(max(0, int(cy - half_h)), int(np.ceil(cy + half_h)))
    columns = slice(max(0, int(cx - half_w)), int(np.ceil(cx + half_w)))
    found[rows, columns] = True
    return found
