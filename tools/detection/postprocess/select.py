"""Which components stay: size, score and shape filters, merging, the worst few. The mask shows what is listed."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import numpy as np

from tools.detection.config import DefectsConfig
from tools.detection.postprocess.protocol import State, log_of
from tools.detection.regions import measure_shape
from tools.vision.masks import BoolMask, Component, components, draw
from tools.vision.types import Box


@dataclass(frozen=True)
class FilterComponents:
    """Remove components that are too small, too weak or of the wrong form.

    Form is not asked of thin lines (four times as long as thick): their fill and solidity say how much they bend, not
    how real they are. `max_aspect_ratio` is asked of all.
    """

    settings: DefectsConfig
    name: str = "filters"

    def __call__(self, state: State) -> State:
        """Drop components from the mask."""
        kept, gone = [], []
        for part in components(state.mask):
            reason = next(self._objections(part, state), None)
            if reason is None:
                kept.append(part)
            else:
                gone.append((part, reason))
        mask = draw(kept, state.mask.shape)
        return replace(state, mask=mask).with_log(log_of(self.name, state.scores, gone))

    def _objections(self, part: Component, state: State) -> Iterator[str]:
        """Reasons to drop a component, cheapest test first."""
        limits = self.settings
        if part.area_px < limits.min_area:
            yield f"{part.area_px} px, min_area {limits.min_area}"
        values = state.scores[part.slices()][part.pixels]
        if limits.min_score_max is not None and float(values.max()) < limits.min_score_max:
            yield f"highest score {float(values.max()):.4g}, min_score_max {limits.min_score_max:g}"
        if limits.min_score_mean is not None and float(values.mean()) < limits.min_score_mean:
            yield f"mean score {float(values.mean()):.4g}, min_score_mean {limits.min_score_mean:g}"
        form = limits.shape_filters
        if form.min_fill_ratio is None and form.max_aspect_ratio is None and form.min_solidity is None:
            return
        shape = measure_shape(part.pixels)
        if form.max_aspect_ratio is not None and shape.aspect_ratio > form.max_aspect_ratio:
            yield f"aspect ratio {shape.aspect_ratio:.2f}, max_aspect_ratio {form.max_aspect_ratio:g}"
        if shape.is_line:
            return
        if form.min_fill_ratio is not None and shape.fill_ratio < form.min_fill_ratio:
            yield f"fill ratio {shape.fill_ratio:.2f}, min_fill_ratio {form.min_fill_ratio:g}"
        if form.min_solidity is not None and shape.solidity < form.min_solidity:
            yield f"solidity {shape.solidity:.2f}, min_solidity {form.min_solidity:g}"


@dataclass(frozen=True)
class Group:
    """Turn the mask into groups: one a component, or components whose boxes lie within a gap of each other."""

    max_gap_px: int | None
    """None: nothing is merged."""
    name: str = "merge_nearby"

    def __call__(self, state: State) -> State:
        """Set the groups."""
        parts = components(state.mask)
        if self.max_gap_px is None:
            return replace(state, groups=tuple((part,) for part in parts))
        roots = _union_find([part.box_xyxy for part in parts], self.max_gap_px)
        groups: dict[int, list[Component]] = {}
        for part, root in zip(parts, roots, strict=True):
            groups.setdefault(root, []).append(part)
        return replace(state, groups=tuple(tuple(group) for group in groups.values()))


@dataclass(frozen=True)
class KeepWorst:
    """Keep the `count` worst groups; the others leave the mask too."""

    count: int
    rank: Callable[[tuple[Component, ...], State], tuple[float, ...]]
    name: str = "max_regions"

    def __call__(self, state: State) -> State:
        """Drop groups and their pixels."""
        if len(state.groups) <= self.count:
            return state
        ordered = sorted(state.groups, key=lambda group: self.rank(group, state))
        kept, gone = ordered[: self.count], ordered[self.count :]
        reason = f"beyond max_regions {self.count}"
        lost = [(whole(group), reason) for group in gone]
        mask = draw([part for group in kept for part in group], state.mask.shape)
        return replace(state, groups=tuple(kept), mask=mask).with_log(log_of(self.name, state.scores, lost))


def whole(group: tuple[Component, ...]) -> Component:
    """One component of all the pixels of a group."""
    if len(group) == 1:
        return group[0]
    boxes = np.array([part.box_xyxy for part in group])
    x1, y1 = (int(v) for v in boxes[:, :2].min(axis=0))
    x2, y2 = (int(v) for v in boxes[:, 2:].max(axis=0))
    pixels: BoolMask = np.zeros((y2 - y1, x2 - x1), dtype=bool)
    for part in group:
        left, top, right, bottom = part.box_xyxy
        pixels[top - y1 : bottom - y1, left - x1 : right - x1] |= part.pixels
    return Component((x1, y1, x2, y2), pixels)


def _union_find(boxes: list[Box], gap: int) -> list[int]:
    """The group number of each box; boxes within `gap` px in x and in y belong together."""
    parent = list(range(len(boxes)))

    def root(index: int) -> int:
        while parent[index] != index:
            parent[index] = parent[parent[index]]
            index = parent[index]
        return index

    if not boxes:
        return []
    corners = np.array(boxes)
    for index in range(len(boxes)):
        x1, y1, x2, y2 = boxes[index]
        gap_x = np.maximum(corners[:, 0] - x2, x1 - corners[:, 2])
        gap_y = np.maximum(corners[:, 1] - y2, y1 - corners[:, 3])
        for other in np.nonzero((gap_x <= gap) & (gap_y <= gap))[0]:
            low, high = sorted((root(index), root(int(other))))
            parent[high] = low
    return [root(index) for index in range(len(boxes))]
