"""Where the line looks at all: a validity mask, never a value written into the map."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from tools.detection.config import Polygon
from tools.detection.errors import DetectionInputError
from tools.detection.postprocess.protocol import NothingToJudgeError, State
from tools.vision.masks import BoolMask, polygons_to_mask


@dataclass(frozen=True)
class BorderIgnore:
    """Ignore `px` pixels on each side."""

    px: int
    name: str = "border"

    def __call__(self, state: State) -> State:
        """Narrow `valid`."""
        height, width = state.valid.shape
        if 2 * self.px >= min(height, width):
            raise NothingToJudgeError(f"border_ignore_px {self.px} leaves nothing of a {width} x {height} px picture")
        inside = np.zeros_like(state.valid)
        inside[self.px : height - self.px, self.px : width - self.px] = True
        return replace(state, valid=state.valid & inside)


@dataclass(frozen=True)
class RegionOfInterest:
    """Look only inside one box given as shares of width and height; partly covered pixels count as inside."""

    roi_xyxy_norm: Sequence[float]
    name: str = "roi"

    def __call__(self, state: State) -> State:
        """Narrow `valid`."""
        height, width = state.valid.shape
        x1, y1, x2, y2 = self.roi_xyxy_norm
        inside = np.zeros_like(state.valid)
        inside[math.floor(y1 * height) : math.ceil(y2 * height), math.floor(x1 * width) : math.ceil(x2 * width)] = True
        return replace(state, valid=state.valid & inside)


@dataclass(frozen=True)
class Polygons:
    """Named areas: ignored, looked at alone, or with a threshold of their own."""

    polygons: Mapping[str, Polygon]
    only: bool
    mm_per_px: float | None
    name: str = "polygons"

    def __call__(self, state: State) -> State:
        """Narrow `valid` and set thresholds; a later polygon wins over an earlier one where they overlap."""
        valid = np.zeros_like(state.valid) if self.only else state.valid.copy()
        threshold = state.threshold.copy()
        drawn = zone_masks(self.polygons, state.valid.shape, self.mm_per_px)
        for name, polygon in self.polygons.items():
            area = drawn[name]
            if polygon.ignore:
                valid &= ~area
                continue
            if self.only:
                valid |= area & state.valid
            if polygon.pixel_threshold is not None:
                threshold[area] = polygon.pixel_threshold
        return replace(state, valid=valid, threshold=threshold)


@dataclass(frozen=True)
class CheckFinite:
    """Refuse a map with NaN or infinity where the line looks: a dead model never passes a part."""

    name: str = "finite"

    def __call__(self, state: State) -> State:
        """Check, and put a harmless value where nobody looks."""
        if not state.valid.any():
            raise NothingToJudgeError("the areas that are ignored cover the whole picture")
        bad = ~np.isfinite(state.scores)
        count = int(np.count_nonzero(bad & state.valid))
        if count:
            raise NothingToJudgeError(f"the score map has {count} values that are not numbers (NaN or infinity)")
        if not bad.any():
            return state
        filler = np.float32(state.scores[state.valid].min())
        return replace(state, scores=np.where(bad, filler, state.scores).astype(np.float32))


def zone_masks(polygons: Mapping[str, Polygon], shape: tuple[int, ...], mm_per_px: float | None) -> dict[str, BoolMask]:
    """Each polygon drawn on a picture of `shape` (height, width).

    Raises:
        DetectionInputError: corners in mm without a scale.
    """
    height, width = shape[0], shape[1]
    drawn: dict[str, BoolMask] = {}
    for name, polygon in polygons.items():
        corners = np.asarray(polygon.points, dtype=np.float64)
        if polygon.unit == "norm":
            corners = corners * np.array([width - 1, height - 1])
        elif polygon.unit == "mm":
            if mm_per_px is None:
                raise DetectionInputError(f"polygon {name!r} is in mm, but the scale is not known; give --mm-per-px")
            corners = corners / mm_per_px
        drawn[name] = polygons_to_mask([corners.tolist()], (height, width)) > 0
    return drawn
