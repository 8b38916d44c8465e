"""Each stage alone, and what the log says."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from tools.detection.config import parse_config
from tools.detection.errors import DetectionInputError
from tools.detection.postprocess import Chain, NothingToJudgeError, Outcome


def run(score_map: np.ndarray, threshold: float = 0.5, baseline: float = 0.0, **defects: Any) -> Outcome:
    settings = parse_config({"defects": defects}).defects
    return Chain(settings, baseline, mm_per_px=0.1).run(score_map.astype(np.float32), threshold)


@pytest.fixture
def blobs() -> np.ndarray:
    """A 10 x 10 block of 1, a 3 x 3 block of 2, a ring of 0.8."""
    scores = np.zeros((80, 100))
    scores[10:20, 10:20] = 1.0
    scores[40:43, 60:63] = 2.0
    scores[55:75, 20:40] = 0.8
    scores[60:70, 25:35] = 0.0
    return scores


def test_plain_threshold_includes_equal_and_measures(blobs: np.ndarray) -> None:
    outcome = run(blobs, 0.8)
    worst, block, ring = outcome.regions
    assert worst.bbox_xyxy == (60, 40, 63, 43)
    assert block.area_px == 100
    assert block.length_mm == pytest.approx(block.length_px * 0.1, abs=1e-3)
    assert ring.area_px == 300
    assert ring.solidity == pytest.approx(0.75)


def test_min_area_says_what_it_removed(blobs: np.ndarray) -> None:
    outcome = run(blobs, min_area=50)
    assert [region.area_px for region in outcome.regions] == [100, 300]
    entry = outcome.log[0]
    assert (entry.stage, entry.removed_regions, entry.removed_px) == ("filters", 1, 9)
    assert entry.examples[0].reason == "9 px, min_area 50"


@pytest.mark.parametrize(
    ("key", "value", "left"),
    [("min_score_max", 0.9, 2), ("min_score_mean", 1.5, 1), ("open_ksize", 5, 2), ("open_ksize", 11, 0)],
)
def test_score_filters_and_opening(blobs: np.ndarray, key: str, value: float, left: int) -> None:
    assert len(run(blobs, **{key: value}).regions) == left


def test_fill_holes_closing_and_dilation_grow(blobs: np.ndarray) -> None:
    assert max(region.area_px for region in run(blobs, fill_holes=True).regions) == 400
    assert run(blobs, close_ksize=11).mask[65, 30] == 255
    grown = run(blobs, mask_dilate=3)
    assert grown.mask.sum() > run(blobs).mask.sum()


def test_hysteresis_follows_the_threshold_from_the_baseline() -> None:
    scores = np.full((40, 40), 10.0)
    scores[10:20, 10:20] = 16.0
    scores[14, 14] = 21.0
    scores[30:35, 30:35] = 16.0
    outcome = run(scores, 20.0, baseline=10.0, hysteresis={"enabled": True})  # low is 15, half way; not 10
    assert [region.area_px for region in outcome.regions] == [100]
    assert outcome.log[0].removed_px == 25


def test_merging_lists_neighbours_together_and_changes_no_pixel() -> None:
    scores = np.zeros((40, 60))
    for left in (5, 15, 25):
        scores[10:15, left : left + 5] = 1.0
    apart = run(scores, merge_nearby={"enabled": True, "max_gap_px": 4})
    together = run(scores, merge_nearby={"enabled": True, "max_gap_px": 5})
    assert len(apart.regions) == 3
    assert len(together.regions) == 1
    assert np.array_equal(apart.mask, together.mask)
    assert together.regions[0].bbox_xyxy == (5, 10, 30, 15)


def test_polygons_ignore_restrict_and_have_their_own_threshold(blobs: np.ndarray) -> None:
    left = {"points": [[0, 0], [0.5, 0], [0.5, 1], [0, 1]]}
    assert len(run(blobs, polygons={"A": {**left, "ignore": True}}).regions) == 1
    assert len(run(blobs, polygons={"A": left}, polygons_only=True).regions) == 2
    strict = run(blobs, 3.0, polygons={"A": {**left, "pixel_threshold": 0.9}})
    assert [region.area_px for region in strict.regions] == [100]
    assert strict.regions[0].zone == "A"
    in_mm = run(blobs, polygons={"A": {"points": [[0, 0], [3, 0], [3, 3], [0, 3]], "unit": "mm", "ignore": True}})
    assert len(in_mm.regions) == 2
    with pytest.raises(DetectionInputError, match="give --mm-per-px"):
        Chain(parse_config({"defects": {"polygons": {"A": {**left, "unit": "mm"}}}}).defects).run(
            blobs.astype(np.float32), 0.5
        )


def test_nothing_to_look_at_is_said() -> None:
    with pytest.raises(NothingToJudgeError, match="leaves nothing of a 20 x 20 px picture"):
        run(np.zeros((20, 20)), border_ignore_px=10)
    everything = {"A": {"points": [[0, 0], [1, 0], [1, 1], [0, 1]], "ignore": True}}
    with pytest.raises(NothingToJudgeError, match="cover the whole picture"):
        run(np.zeros((20, 20)), polygons=everything)


def test_nan_in_the_ignored_band_does_no_harm() -> None:
    scores = np.zeros((30, 30))
    scores[0] = np.nan
    scores[15, 15] = 1.0
    outcome = run(scores, 0.01, border_ignore_px=2, map_smoothing={"method": "gaussian", "ksize": 5})
    assert len(outcome.regions) == 1


def test_max_regions_sort_by_area(blobs: np.ndarray) -> None:
    assert run(blobs, max_regions=1, max_regions_sort_by="area").regions[0].area_px == 300
    assert run(blobs, max_regions=1).regions[0].area_px == 9
