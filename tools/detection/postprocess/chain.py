"""The whole chain in its order, and what comes out of it.

Order: border, region of interest, polygons (validity) → finite check → smoothing → threshold or hysteresis → open →
close → filters → fill holes → dilate → groups → worst few. Validity comes first, so nothing that is measured later
counts pixels that are cut off afterwards.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from tools.detection.config import DefectsConfig
from tools.detection.postprocess.area import BorderIgnore, CheckFinite, Polygons, RegionOfInterest, zone_masks
from tools.detection.postprocess.mark import Dilate, FillHoles, HysteresisThreshold, Morphology, Threshold
from tools.detection.postprocess.protocol import Stage, StageLog, State
from tools.detection.postprocess.select import FilterComponents, Group, KeepWorst, whole
from tools.detection.postprocess.smooth import SmoothMap
from tools.detection.regions import Frame, Region, measure_region, region_id, sort_key, whole_frame
from tools.vision.masks import BoolMask, Component
from tools.vision.types import Mask, ScoreMap


@dataclass(frozen=True)
class Outcome:
    """What the chain made of one map.

    `mask`: `uint8` 0/255, exactly the pixels of `regions`. `scores`: the map after smoothing. `log`: what each stage
    removed.
    """

    regions: tuple[Region, ...]
    mask: Mask
    scores: ScoreMap
    log: tuple[StageLog, ...]


@dataclass(frozen=True)
class Chain:
    """The stages that a configuration asks for.

    `baseline` is the score of a typical good pixel (hysteresis without `low` starts from it). `mm_per_px` gives
    regions their sizes and polygons in mm their place.
    """

    settings: DefectsConfig
    baseline: float = 0.0
    mm_per_px: float | None = None
    with_rle: bool = False

    def prepare(self, score_map: ScoreMap, foreground: BoolMask | None = None) -> State:
        """Validity, finite check and smoothing: everything that does not depend on the threshold.

        Args:
            score_map: `float32` H x W.
            foreground: where the part is; outside it nothing is looked at.

        Raises:
            NothingToJudgeError: NaN or infinity where the line looks, or nothing to look at.
            DetectionInputError: the map is not two-dimensional, or a polygon needs a scale.
        """
        scores = np.ascontiguousarray(score_map, dtype=np.float32)
        valid = np.ones(scores.shape, dtype=bool) if foreground is None else foreground.astype(bool)
        # NaN stands for "the threshold that `finish` will be given"
        state = State(
            scores, valid, np.full(scores.shape, np.nan, dtype=np.float32), np.zeros(scores.shape, dtype=bool)
        )
        return _run(self._first(), state)

    def finish(self, prepared: State, threshold: float) -> State:
        """Threshold and everything after it, on what `prepare` gave."""
        own = prepared.threshold
        filled = np.where(np.isnan(own), np.float32(threshold), own).astype(np.float32)
        return _run(self._second(), replace(prepared, threshold=filled))

    def run(self, score_map: ScoreMap, threshold: float, foreground: BoolMask | None = None) -> Outcome:
        """The regions of a map at a threshold. Raises as `prepare`."""
        return self.outcome(self.finish(self.prepare(score_map, foreground), threshold))

    def outcome(self, state: State, frame: Frame | None = None) -> Outcome:
        """Measure what is left, worst first; `frame` is where the part lies, for zones."""
        shape = (state.scores.shape[0], state.scores.shape[1])
        place = frame or whole_frame(shape)
        zones = zone_masks({n: p for n, p in self.settings.polygons.items() if not p.ignore}, shape, self.mm_per_px)
        regions = [
            measure_region(
                whole(group),
                state.scores,
                mm_per_px=self.mm_per_px,
                frame=place,
                zones=zones,
                merged_from=[region_id(part) for part in group] if len(group) > 1 else (),
                with_rle=self.with_rle,
            )
            for group in state.groups
        ]
        regions.sort(key=lambda region: sort_key(region, self.settings.max_regions_sort_by))
        return Outcome(tuple(regions), (state.mask * np.uint8(255)).astype(np.uint8), state.scores, state.log)

    def _first(self) -> list[Stage]:
        settings = self.settings
        stages: list[Stage] = []
        if settings.border_ignore_px:
            stages.append(BorderIgnore(settings.border_ignore_px))
        if settings.roi_xyxy_norm is not None:
            stages.append(RegionOfInterest(settings.roi_xyxy_norm))
        if settings.polygons:
            stages.append(Polygons(settings.polygons, settings.polygons_only, self.mm_per_px))
        stages.append(CheckFinite())
        if settings.map_smoothing.active:
            stages.append(SmoothMap(settings.map_smoothing))
        return stages

    def _second(self) -> list[Stage]:
        settings = self.settings
        stages: list[Stage] = [
            HysteresisThreshold(settings.hysteresis, self.baseline) if settings.hysteresis.enabled else Threshold()
        ]
        if settings.open_ksize > 1:
            stages.append(Morphology(settings.open_ksize, "open"))
        if settings.close_ksize > 1:
            stages.append(Morphology(settings.close_ksize, "close"))
        stages.append(FilterComponents(settings))
        if settings.fill_holes:
            stages.append(FillHoles())
        if settings.mask_dilate > 1:
            stages.append(Dilate(settings.mask_dilate))
        stages.append(Group(settings.merge_nearby.max_gap_px if settings.merge_nearby.enabled else None))
        if settings.max_regions is not None:
            stages.append(KeepWorst(settings.max_regions, self._rank))
        return stages

    def _rank(self, group: tuple[Component, ...], state: State) -> tuple[float, ...]:
        region = measure_region(whole(group), state.scores)
        return sort_key(region, self.settings.max_regions_sort_by)


def _run(stages: Sequence[Stage], state: State) -> State:
    for stage in stages:
        state = stage(state)
    return state
