"""The twelve faults that were reproduced on the peer (docs/fp40.md), each absent here."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from agent.cli.line_flags import settle
from tools.detection.calibration import HeldOut, calibrate
from tools.detection.config import DefectsConfig, VerdictConfig, parse_config
from tools.detection.errors import DetectionInputError
from tools.detection.postprocess import Chain, NothingToJudgeError, Outcome
from tools.detection.protocol import Prediction
from tools.vision.masks import components


def run(score_map: np.ndarray, threshold: float = 0.5, **defects: Any) -> Outcome:
    settings = parse_config({"defects": defects}).defects
    return Chain(settings).run(score_map.astype(np.float32), threshold)


def test_fault_01_smoothing_after_border_leaks_nothing_either_way() -> None:
    ring = np.full((64, 64), 5.0)
    ring[6:-6, 6:-6] = 0.0
    smoothed = {"method": "gaussian", "ksize": 9}
    outcome = run(ring, border_ignore_px=6, map_smoothing=smoothed)
    assert not outcome.mask.any()  # what lies in the band does not leak into the part
    inside = np.zeros((64, 64))
    inside[6:-6, 6:-6] = 5.0
    outcome = run(inside, border_ignore_px=6, map_smoothing=smoothed)
    assert outcome.mask[6:-6, 6:-6].all()  # the band does not weaken what lies beside it
    band = outcome.mask.copy()
    band[6:-6, 6:-6] = 0
    assert not band.any()  # and nothing is flagged inside the band


@pytest.mark.parametrize("method", ["median", "gaussian", "box"])
def test_fault_02_ignored_band_is_never_flagged_with_negative_scores(method: str) -> None:
    scores = np.full((64, 64), -2.0)
    scores[30:34, 30:34] = 0.0
    outcome = run(scores, -1.0, border_ignore_px=2, map_smoothing={"method": method, "ksize": 3})
    assert len(outcome.regions) == 1
    assert outcome.regions[0].bbox_xyxy[0] > 2


def test_fault_03_nan_is_an_error_not_a_good_part() -> None:
    scores = np.zeros((32, 32))
    scores[10:20, 10:20] = np.nan
    with pytest.raises(NothingToJudgeError, match="100 values that are not numbers"):
        run(scores)
    scores[10:20, 10:20] = np.inf
    with pytest.raises(NothingToJudgeError):
        run(scores)


def test_fault_04_region_of_interest_comes_before_the_area_filter() -> None:
    scores = np.zeros((50, 50))
    scores[20:30, 15:25] = 1.0  # 100 px, of which 30 in the region of interest
    outcome = run(scores, roi_xyxy_norm=[0.44, 0.0, 1.0, 1.0], min_area=80)
    assert outcome.regions == ()
    assert outcome.log[0].examples[0].reason == "30 px, min_area 80"
    assert all(region.area_px >= 20 for region in run(scores, roi_xyxy_norm=[0.44, 0, 1, 1], min_area=20).regions)


def test_fault_05_ids_are_stable_and_merged_regions_keep_their_measures() -> None:
    scores = np.zeros((60, 60))
    scores[40:45, 10:30] = 1.0
    alone = run(scores).regions[0].id
    scores[5:8, 5:8] = 2.0
    both = run(scores)
    assert alone in {region.id for region in both.regions}
    assert [region.score_max for region in both.regions] == [2.0, 1.0]  # sorted, whatever the ids
    scores[40:45, 32:50] = 1.0
    merged = run(scores, merge_nearby={"enabled": True, "max_gap_px": 3}).regions[1]
    assert len(merged.merged_from_ids) == 2
    assert alone in merged.merged_from_ids
    assert 0.9 < merged.solidity <= 1.0
    assert merged.area_px == 5 * 38


def test_fault_06_hysteresis_low_above_high_is_an_error() -> None:
    with pytest.raises(DetectionInputError, match=r"hysteresis.low \(2\) lies above hysteresis.high \(1\)"):
        run(np.zeros((20, 20)), hysteresis={"enabled": True, "low": 2.0, "high": 1.0})
    with pytest.raises(DetectionInputError, match="lies above the pixel threshold"):
        run(np.zeros((20, 20)), 0.5, hysteresis={"enabled": True, "low": 2.0})


@pytest.mark.parametrize("slope", [0.0, 0.3, 1.0, 2.5])
def test_fault_07_lines_of_one_pixel_survive_solidity_and_fill(slope: float) -> None:
    scores = np.zeros((120, 120))
    for x in range(10, 50):
        y0, y1 = 5 + slope * (x - 10), 5 + slope * (x - 9)
        scores[round(y0) : max(round(y1), round(y0) + 1), x] = 1.0
    outcome = run(scores, shape_filters={"min_solidity": 0.8, "min_fill_ratio": 0.15})
    assert len(outcome.regions) == 1
    assert outcome.regions[0].solidity > 0.5


def test_fault_07_a_bent_hairline_crack_survives_too(rng: np.random.Generator) -> None:
    scores = np.zeros((120, 120))
    y = 60
    for x in range(10, 110):
        y = int(np.clip(y + rng.integers(-2, 3), 5, 115))
        scores[y - 1 : y + 2, x] = 1.0
    assert len(run(scores, shape_filters={"min_solidity": 0.8, "min_fill_ratio": 0.5}).regions) == 1


def test_fault_08_max_regions_prunes_the_mask_too() -> None:
    scores = np.zeros((40, 40))
    scores[5:10, 5:10] = 2.0
    scores[20:25, 20:25] = 1.0
    outcome = run(scores, max_regions=1)
    assert len(outcome.regions) == len(components(outcome.mask)) == 1
    assert outcome.log[-1].stage == "max_regions"


def test_fault_09_an_explicit_flag_beats_the_file_also_where_it_equals_a_default(tmp_path: Any) -> None:
    path = tmp_path / "line.yaml"
    path.write_text("defects: {min_area: 16, hysteresis: {enabled: true}}")
    settings = settle({"config": path, "min_area": 0, "hysteresis": False})
    assert settings.defects.min_area == 0
    assert settings.defects.hysteresis.enabled is False
    assert settle({"config": path}).defects.min_area == 16


@pytest.mark.parametrize("ksize", [2, 3, 5, 7, 9, 15])
def test_fault_10_median_of_any_size_works_on_float_maps(ksize: int) -> None:
    scores = np.zeros((48, 48))
    scores[20, 20] = 9.0
    scores[30:46, 10:44] = 1.0
    outcome = run(scores, map_smoothing={"method": "median", "ksize": ksize}, border_ignore_px=1)
    assert len(outcome.regions) == 1


def test_fault_11_thresholds_come_from_held_out_photos_through_the_whole_chain(rng: np.random.Generator) -> None:
    held_out = HeldOut()
    for _ in range(80):
        scores = rng.normal(1.0, 0.1, (40, 40)).astype(np.float32)
        scores[0] = 9.0  # a bright edge, ignored by the chain
        held_out.add(Prediction(float(scores[1:].max()), scores), "photo")
    smooth = {"method": "gaussian", "sigma": 2.0}
    plain = calibrate(held_out, DefectsConfig(), VerdictConfig())
    through = calibrate(
        held_out,
        parse_config({"defects": {"border_ignore_px": 1, "map_smoothing": smooth}}).defects,
        VerdictConfig(),
    )
    assert plain.pixel_threshold > 9.0
    assert 1.0 < through.pixel_threshold < 1.2  # neither the edge nor the noise that smoothing removes
    assert through.guarantee_met
    assert through.above <= 1


@pytest.mark.parametrize(
    ("defects", "message"),
    [
        ({"min_area": "banana"}, "defects.min_area: input should be a valid integer (given: 'banana')"),
        ({"shape_filters": {"min_solidity": "x"}}, "defects.shape_filters.min_solidity"),
        ({"max_regions_sort_by": "zzz"}, "input should be 'score_max', 'score_mean' or 'area' (given: 'zzz')"),
        ({"border_ignor_px": 2}, "no key 'defects.border_ignor_px', did you mean 'border_ignore_px'?"),
        ({"mask_format": "jpg"}, "input should be 'png', 'npy' or 'npz'"),
    ],
)
def test_fault_12_the_settings_file_is_strict(defects: dict[str, Any], message: str) -> None:
    with pytest.raises(DetectionInputError) as caught:
        parse_config({"defects": defects})
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


def test_fault_12_npz_masks_are_accepted_and_written() -> None:
    assert parse_config({"defects": {"mask_format": "npz"}}).defects.mask_format == "npz"
