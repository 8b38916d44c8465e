"""A region: one place on a part where the detector found something, measured.

Knows geometry and scores of a set of pixels. Leaves which pixels those are to `postprocess`, and what the region means
for the part to `acceptance`.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict

from tools.vision.masks import BoolMask, Component, mask_to_rle
from tools.vision.types import Box, ScoreMap

UNKNOWN_TYPE = "anomaly"
"""The type of a region that nothing has named: a detector of good parts knows that it differs, not what it is."""

EDGE_SHARE = 0.12
"""The edge of a part: this share of its box's shorter side, as the renderer has it."""


class Region(BaseModel):
    """One found region, in pixels of the inspected image; box ends are exclusive.

    `length` is the largest caliper (Feret) diameter of the pixels as unit squares, `width` the extent across it.
    `solidity` is area over the area of the drawn convex hull, `fill_ratio` area over the smallest rotated box and
    `aspect_ratio` that box's long over short side, so that none depends on how the defect lies.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: str
    """`r-` and ten hex digits of the region's own pixels: nothing elsewhere in the image changes it."""
    type: str = UNKNOWN_TYPE
    type_confidence: float | None = None
    """0 to 1 where a classifier named the type."""
    shape: str = "patch"
    """`line`, `spot` or `patch`."""
    bbox_xyxy: tuple[int, int, int, int]
    area_px: int
    length_px: float
    width_px: float
    length_mm: float | None = None
    """None where the scale (mm per pixel) is not known."""
    width_mm: float | None = None
    area_mm2: float | None = None
    orientation_deg: float = 0.0
    """Main axis: 0 is horizontal, counter-clockwise as seen, below 180."""
    centroid_xy: tuple[float, float]
    score_max: float
    score_mean: float
    bbox_area: int
    fill_ratio: float
    aspect_ratio: float
    solidity: float
    zone: str
    """A named zone of the configuration, else one of the nine cells of the picture."""
    zones: tuple[str, ...] = ()
    """Every zone the region touches, `edge` included."""
    severity: str = "moderate"
    """`minor`, `moderate`, `severe` or `critical`."""
    level: str = "ng"
    """`ng`, `review` or `accepted`: what this region alone asks for."""
    why: str = ""
    """Why this severity and level, in words."""
    merged_from_ids: tuple[str, ...] = ()
    rle: dict[str, Any] | None = None
    """COCO run lengths of the region in the full image."""


@dataclass(frozen=True)
class Frame:
    """Where the part lies on the photo: its box, and the distance of each pixel to its outline (`float32` H x W)."""

    box_xyxy: Box
    depth: NDArray[np.float32]

    @property
    def edge_px(self) -> float:
        """Width of the part's edge in pixels."""
        x1, y1, x2, y2 = self.box_xyxy
        return max(2.0, EDGE_SHARE * min(x2 - x1, y2 - y1))


def whole_frame(shape: tuple[int, int]) -> Frame:
    """The frame of a part that fills a photo of `shape` (height, width)."""
    height, width = shape
    rows = np.minimum(np.arange(height) + 1, height - np.arange(height))
    columns = np.minimum(np.arange(width) + 1, width - np.arange(width))
    return Frame((0, 0, width, height), np.minimum(rows[:, None], columns[None]).astype(np.float32))


@dataclass(frozen=True)
class Shape:
    """Scale-free and caliper measures of a set of pixels, in pixels."""

    area: int
    length: float
    width: float
    orientation_deg: float
    fill_ratio: float
    aspect_ratio: float
    solidity: float
    thickness: float
    """Twice the largest distance of a pixel to the outside: 1 for a line of one pixel."""

    @property
    def is_line(self) -> bool:
        """True for something long and thin, whatever its curve."""
        return self.length >= 4 and self.length >= 4 * self.thickness


def measure_shape(pixels: BoolMask) -> Shape:
    """Measure a non-empty boolean crop; every pixel counts as a unit square, so a line of one pixel has an area.

    Solidity compares with the hull of the pixel centres *as drawn*, which for a digital line is the line itself: 1.0 at
    every angle (the hull's outline alone would have no area).
    """
    area = int(pixels.sum())
    rows, columns = np.nonzero(pixels)
    centres = np.stack([columns, rows], axis=1).astype(np.int32)
    hull = cv2.convexHull(centres)
    drawn = np.zeros(pixels.shape, dtype=np.uint8)
    cv2.fillConvexPoly(drawn, hull, 1)
    corners = _corners(hull[:, 0])
    length, angle = _caliper(corners)
    (_, (side_a, side_b), _) = cv2.minAreaRect(corners.astype(np.float32))
    long_side, short_side = max(side_a, side_b, 1e-6), max(min(side_a, side_b), 1e-6)
    across = np.array([-math.sin(angle), math.cos(angle)])
    spread = corners @ across
    padded = np.pad(pixels.astype(np.uint8), 1)
    distance = cv2.distanceTransform(padded, cv2.DIST_L2, cv2.DIST_MASK_PRECISE)
    return Shape(
        area=area,
        length=length,
        width=float(spread.max() - spread.min()),
        orientation_deg=round(-math.degrees(angle) % 180.0, 2) % 180.0,
        fill_ratio=min(1.0, area / (long_side * short_side)),
        aspect_ratio=float(long_side / short_side),
        solidity=min(1.0, area / max(int(np.count_nonzero(drawn)), 1)),
        thickness=max(1.0, 2.0 * float(distance.max()) - 1.0),
    )


def _corners(centres: NDArray[np.int32]) -> NDArray[np.float64]:
    """The four corners of each pixel, centres at half integers."""
    offsets = np.array([[-0.5, -0.5], [-0.5, 0.5], [0.5, -0.5], [0.5, 0.5]])
    return np.asarray((centres[:, None, :] + offsets[None]).reshape(-1, 2), dtype=np.float64)


def _caliper(points: NDArray[np.float64]) -> tuple[float, float]:
    """The largest distance between two points, less the pixel's own diagonal excess, and its angle in radians.

    The distance is taken between opposite sides of the end pixels along the direction, so that a horizontal line of
    ten pixels is 10 px long, not 10.05.
    """
    hull = cv2.convexHull(points.astype(np.float32))[:, 0].astype(np.float64)
    delta = hull[:, None] - hull[None]
    squared = (delta**2).sum(axis=2)
    first, second = np.unravel_index(int(squared.argmax()), squared.shape)
    direction = hull[second] - hull[first]
    angle = math.atan2(direction[1], direction[0])
    (_, (side_a, side_b), _) = cv2.minAreaRect(hull.astype(np.float32))
    long_side, short_side = max(side_a, side_b), min(side_a, side_b)
    if long_side > 1.5 * short_side:
        angle = _box_angle(hull)
        spread = hull @ np.array([math.cos(angle), math.sin(angle)])
        return float(spread.max() - spread.min()), angle
    return float(math.sqrt(squared.max())), angle


def _box_angle(points: NDArray[np.float64]) -> float:
    """Direction of the long side of the smallest rotated box, in radians of the image (y down)."""
    box = cv2.boxPoints(cv2.minAreaRect(points.astype(np.float32)))
    sides = [box[1] - box[0], box[2] - box[1]]
    longest = max(sides, key=lambda side: float(np.hypot(*side)))
    return math.atan2(float(longest[1]), float(longest[0]))


def shape_name(shape: Shape) -> str:
    """`line` (long and thin), `spot` (small or compact) or `patch` (anything else)."""
    if shape.is_line:
        return "line"
    return "spot" if shape.solidity >= 0.75 and shape.aspect_ratio <= 2.5 else "patch"


def region_id(part: Component) -> str:
    """The id of a set of pixels: its box and its pixels hashed."""
    digest = hashlib.sha256(repr(part.box_xyxy).encode())
    digest.update(np.packbits(part.pixels).tobytes())
    return f"r-{digest.hexdigest()[:10]}"


ZONE_NAMES = ("top_left", "top", "top_right", "left", "center", "right", "bottom_left", "bottom", "bottom_right")


def nine_zone(x: float, y: float, box: Box) -> str:
    """The name of the cell of a 3 x 3 grid over a part's box that holds a point, or is nearest to it."""
    return ZONE_NAMES[int(_cells(np.array([x]), np.array([y]), box)[0])]


def _cells(x: NDArray[np.float64], y: NDArray[np.float64], box: Box) -> NDArray[np.int64]:
    column = np.clip(3 * (x - box[0]) // (box[2] - box[0]), 0, 2)
    row = np.clip(3 * (y - box[1]) // (box[3] - box[1]), 0, 2)
    return np.asarray(row * 3 + column, dtype=np.int64)


def touched_zones(part: Component, frame: Frame, named: Mapping[str, BoolMask]) -> tuple[str, ...]:
    """Every zone a region touches: named ones first, then cells of the grid, then `edge`, where the region's middle
    lies in the part's edge or the region reaches its outline."""
    rows, columns = np.nonzero(part.pixels)
    x1, y1, _, _ = part.box_xyxy
    found = [name for name, zone in named.items() if bool((zone[part.slices()] & part.pixels).any())]
    cells = _cells(np.asarray(columns + x1 + 0.5, np.float64), np.asarray(rows + y1 + 0.5, np.float64), frame.box_xyxy)
    found += [ZONE_NAMES[cell] for cell in np.unique(cells)]
    depth = frame.depth[part.slices()]
    middle = float(depth[int(rows.mean()), int(columns.mean())])
    if middle <= frame.edge_px or float(depth[part.pixels].min()) <= 2.0:
        found.append("edge")
    return tuple(found)


def measure_region(
    part: Component,
    scores: ScoreMap,
    *,
    mm_per_px: float | None = None,
    frame: Frame | None = None,
    zones: Mapping[str, BoolMask] | None = None,
    merged_from: Sequence[str] = (),
    with_rle: bool = False,
) -> Region:
    """Everything that can be said about a set of pixels on a score map (`float32` H x W).

    Args:
        part: the pixels.
        scores: the map.
        mm_per_px: the scale; without one there are no millimetres.
        frame: where the part lies; the whole photo if not given.
        zones: named areas, boolean H x W.
        merged_from: ids of the components that it is made of, where there are several.
        with_rle: add run lengths.
    """
    named = zones or {}
    shape = measure_shape(part.pixels)
    values = scores[part.slices()][part.pixels].astype(np.float64)
    rows, columns = np.nonzero(part.pixels)
    x1, y1, x2, y2 = part.box_xyxy
    centre = (x1 + float(columns.mean()), y1 + float(rows.mean()))
    place = frame or whole_frame((scores.shape[0], scores.shape[1]))
    touched = touched_zones(part, place, named)
    home = next((name for name in touched if name in named), nine_zone(centre[0], centre[1], place.box_xyxy))
    scale = mm_per_px
    full: dict[str, Any] | None = None
    if with_rle:
        canvas = np.zeros(scores.shape, dtype=bool)
        canvas[part.slices()] = part.pixels
        full = mask_to_rle(canvas)
    return Region(
        id=region_id(part),
        shape=shape_name(shape),
        bbox_xyxy=part.box_xyxy,
        area_px=shape.area,
        length_px=round(shape.length, 3),
        width_px=round(shape.width, 3),
        length_mm=None if scale is None else round(shape.length * scale, 4),
        width_mm=None if scale is None else round(shape.width * scale, 4),
        area_mm2=None if scale is None else round(shape.area * scale**2, 5),
        orientation_deg=shape.orientation_deg,
        centroid_xy=(round(centre[0], 2), round(centre[1], 2)),
        score_max=float(values.max()),
        score_mean=float(values.mean()),
        bbox_area=(x2 - x1) * (y2 - y1),
        fill_ratio=round(shape.fill_ratio, 4),
        aspect_ratio=round(shape.aspect_ratio, 3),
        solidity=round(shape.solidity, 4),
        zone=home,
        zones=touched,
        merged_from_ids=tuple(merged_from),
        rle=full,
    )


def sort_key(region: Region, primary: str = "score_max") -> tuple[Any, ...]:
    """Sort order: worst first by `primary`, then score, then area, then place; the id ends every tie."""
    worst = (-float(getattr(region, _FIELDS[primary])), -region.score_max, -region.score_mean, -region.area_px)
    return (*worst, region.bbox_xyxy[1], region.bbox_xyxy[0], region.id)


_FIELDS = {"score_max": "score_max", "score_mean": "score_mean", "area": "area_px"}
