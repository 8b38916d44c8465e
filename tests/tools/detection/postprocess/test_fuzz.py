"""Every key in every combination: what must hold whatever the settings are."""

from __future__ import annotations

from typing import Any

import numpy as np
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from tools.detection.config import DefectsConfig, InspectConfig, parse_config
from tools.detection.postprocess import Chain, NothingToJudgeError
from tools.detection.regions import sort_key
from tools.vision.masks import components, rle_to_mask

share = st.floats(0.0, 1.0)
size = st.integers(0, 9)


def optional(strategy: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.one_of(st.none(), strategy)


@st.composite
def line_settings(draw: st.DrawFn) -> dict[str, Any]:
    low = draw(optional(st.floats(-2.0, 0.4)))
    roi = draw(optional(st.tuples(st.floats(0, 0.4), st.floats(0, 0.4), st.floats(0.5, 1), st.floats(0.5, 1))))
    corners = st.lists(st.lists(share, min_size=2, max_size=2), min_size=3, max_size=5)
    return {
        "pixel_threshold_strategy": draw(st.sampled_from(["tolerance", "normal_pixel_quantile", "infer_config"])),
        "pixel_normal_quantile": draw(st.floats(0.5, 0.9999)),
        "roi_xyxy_norm": None if roi is None else list(roi),
        "foreground": draw(st.booleans()),
        "border_ignore_px": draw(st.integers(0, 6)),
        "map_smoothing": {
            "method": draw(st.sampled_from(["none", "median", "gaussian", "box"])),
            "ksize": draw(size),
            "sigma": draw(st.floats(0.0, 3.0)),
        },
        "hysteresis": {"enabled": draw(st.booleans()), "low": low, "high": draw(optional(st.floats(0.5, 1.5)))},
        "open_ksize": draw(size),
        "close_ksize": draw(size),
        "min_area": draw(st.integers(0, 40)),
        "min_score_max": draw(optional(st.floats(-1.0, 1.5))),
        "min_score_mean": draw(optional(st.floats(-1.0, 1.5))),
        "shape_filters": {
            "min_fill_ratio": draw(optional(share)),
            "max_aspect_ratio": draw(optional(st.floats(1.0, 10.0))),
            "min_solidity": draw(optional(share)),
        },
        "fill_holes": draw(st.booleans()),
        "mask_dilate": draw(size),
        "merge_nearby": {"enabled": draw(st.booleans()), "max_gap_px": draw(size)},
        "max_regions": draw(optional(st.integers(1, 4))),
        "max_regions_sort_by": draw(st.sampled_from(["score_max", "score_mean", "area"])),
        "mask_format": draw(st.sampled_from(["png", "npy", "npz"])),
        "polygons": {"A": {"points": draw(corners), "ignore": draw(st.booleans())}} if draw(st.booleans()) else {},
        "polygons_only": False,
        "pixel_threshold": None,
    }


@settings(max_examples=1, deadline=None)
@given(line_settings())
def test_the_fuzz_covers_every_key(drawn: dict[str, Any]) -> None:
    assert set(drawn) == set(DefectsConfig.model_fields)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(
    line_settings(),
    arrays(np.float32, (24, 31), elements=st.floats(-2, 2, width=32)),
    st.floats(0.45, 1.5),
)
def test_what_always_holds(defects: dict[str, Any], scores: np.ndarray, threshold: float) -> None:
    config = parse_config({"defects": defects}).defects
    chain = Chain(config, mm_per_px=0.1, with_rle=True)
    before = scores.copy()
    try:
        prepared = chain.prepare(scores)
    except NothingToJudgeError:
        return
    outcome = chain.outcome(chain.finish(prepared, threshold))
    assert np.array_equal(scores, before)
    assert set(np.unique(outcome.mask)) <= {0, 255}
    assert not (outcome.mask > 0)[~prepared.valid].any()
    union = np.zeros_like(outcome.mask)
    for region in outcome.regions:
        assert region.rle is not None
        union |= rle_to_mask(region.rle)
        x1, y1, x2, y2 = region.bbox_xyxy
        assert 0 <= x1 < x2 <= 31
        assert 0 <= y1 < y2 <= 24
        assert 0 < region.solidity <= 1
        assert 0 < region.fill_ratio <= 1
        assert region.length_mm is not None
        assert region.score_mean <= region.score_max + 1e-6
    assert np.array_equal(union, outcome.mask)
    keys = [sort_key(region, config.max_regions_sort_by) for region in outcome.regions]
    assert keys == sorted(keys)
    assert len({region.id for region in outcome.regions}) == len(outcome.regions)
    if config.max_regions is not None:
        assert len(outcome.regions) <= config.max_regions
    if not config.merge_nearby.enabled:
        assert len(components(outcome.mask)) == len(outcome.regions)
    again = chain.run(scores, threshold)
    assert [region.id for region in again.regions] == [region.id for region in outcome.regions]


@settings(max_examples=40, deadline=None)
@given(line_settings())
def test_settings_survive_a_round_trip(defects: dict[str, Any]) -> None:
    config = parse_config({"defects": defects})
    assert InspectConfig.model_validate_json(config.model_dump_json()) == config
    assert parse_config(config.model_dump(mode="python")) == config
