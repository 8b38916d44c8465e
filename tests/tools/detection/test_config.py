"""Every key of the configuration: what is read is kept, and what cannot be read is said in one line."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import BaseModel

from tools.detection.config import InspectConfig, _all_paths, load_config, parse_config, with_overrides
from tools.detection.errors import DetectionInputError

share = st.floats(0.0, 1.0)
side = st.integers(0, 255)
positive = st.floats(1e-3, 1e3)
polygon = st.fixed_dictionaries(
    {"points": st.lists(st.lists(st.floats(0, 500), min_size=2, max_size=2), min_size=3, max_size=5)},
    optional={
        "unit": st.sampled_from(["px", "mm", "norm"]),
        "pixel_threshold": st.none() | st.floats(-9, 9),
        "ignore": st.booleans(),
    },
)
ILLUMINATION = "preprocessing.illumination_contrast"
KEYS: dict[str, st.SearchStrategy[Any]] = {
    "schema_version": st.just(1),
    "defects.pixel_threshold": st.none() | st.floats(-9, 9),
    "defects.pixel_threshold_strategy": st.sampled_from(
        ["tolerance", "normal_pixel_quantile", "fixed", "infer_config"]
    ),
    "defects.pixel_normal_quantile": st.floats(0.01, 0.9999),
    "defects.roi_xyxy_norm": st.none() | st.lists(share, min_size=4, max_size=4),
    "defects.border_ignore_px": st.integers(0, 10_000),
    "defects.foreground": st.booleans(),
    "defects.map_smoothing.method": st.sampled_from(["none", "median", "gaussian", "box"]),
    "defects.map_smoothing.ksize": side,
    "defects.map_smoothing.sigma": st.floats(0, 100),
    "defects.hysteresis.enabled": st.booleans(),
    "defects.hysteresis.low": st.none() | st.floats(-9, 9),
    "defects.hysteresis.high": st.none() | st.floats(-9, 9),
    "defects.open_ksize": side,
    "defects.close_ksize": side,
    "defects.min_area": st.integers(0, 10**9),
    "defects.min_score_max": st.none() | st.floats(-9, 9),
    "defects.min_score_mean": st.none() | st.floats(-9, 9),
    "defects.shape_filters.min_fill_ratio": st.none() | share,
    "defects.shape_filters.max_aspect_ratio": st.none() | st.floats(1, 1e6),
    "defects.shape_filters.min_solidity": st.none() | share,
    "defects.fill_holes": st.booleans(),
    "defects.mask_dilate": side,
    "defects.merge_nearby.enabled": st.booleans(),
    "defects.merge_nearby.max_gap_px": st.integers(0, 10_000),
    "defects.max_regions": st.none() | st.integers(1, 10_000),
    "defects.max_regions_sort_by": st.sampled_from(["score_max", "score_mean", "area"]),
    "defects.mask_format": st.sampled_from(["png", "npy", "npz"]),
    "defects.polygons": st.dictionaries(st.sampled_from("AB"), polygon, max_size=2),
    "defects.polygons_only": st.booleans(),
    f"{ILLUMINATION}.white_balance": st.sampled_from(["none", "gray_world", "max_rgb"]),
    f"{ILLUMINATION}.homomorphic.enabled": st.booleans(),
    f"{ILLUMINATION}.homomorphic.cutoff": st.floats(0.01, 1),
    f"{ILLUMINATION}.homomorphic.gamma_low": st.floats(0, 9),
    f"{ILLUMINATION}.homomorphic.gamma_high": positive,
    f"{ILLUMINATION}.homomorphic.c": positive,
    f"{ILLUMINATION}.homomorphic.per_channel": st.booleans(),
    f"{ILLUMINATION}.clahe.enabled": st.booleans(),
    f"{ILLUMINATION}.clahe.clip_limit": positive,
    f"{ILLUMINATION}.clahe.tile_grid_size": st.lists(st.integers(1, 32), min_size=2, max_size=2),
    f"{ILLUMINATION}.gamma": st.none() | positive,
    f"{ILLUMINATION}.contrast_stretch.enabled": st.booleans(),
    f"{ILLUMINATION}.contrast_stretch.lower_percentile": st.floats(0, 99),
    f"{ILLUMINATION}.contrast_stretch.upper_percentile": st.floats(1, 100),
    "adaptation.tiling.tile_size": st.none() | st.integers(32, 4096),
    "adaptation.tiling.stride": st.none() | st.integers(16, 4096),
    "adaptation.tiling.map_reduce": st.sampled_from(["max", "mean", "hann", "gaussian"]),
    "adaptation.tiling.score_reduce": st.sampled_from(["max", "mean", "topk_mean"]),
    "adaptation.tiling.score_topk": st.floats(0.01, 1),
    "verdict.false_alarm_rate": st.floats(0.001, 0.999),
    "verdict.confidence": st.floats(0.51, 0.999),
    "verdict.lot_size": st.none() | st.integers(1, 10**6),
    "verdict.review_rate": st.floats(0, 0.999),
    "verdict.reject_below_px": st.integers(0, 10_000),
    "acceptance": st.lists(st.sampled_from(["no cracks", "more than 3 pores over 0.5 mm"]), max_size=2),
    "mm_per_px": st.none() | positive,
    "seed": st.integers(0, 2**31),
}
"""Every key that holds a value, with values that it takes."""
anything = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(10**12), 10**12),
    st.floats(allow_nan=True, allow_infinity=True),
    st.text(max_size=60),
    st.lists(st.integers() | st.text(max_size=5), max_size=5),
    st.dictionaries(st.text(max_size=8), st.integers() | st.none(), max_size=3),
)
chosen = st.lists(st.sampled_from(sorted(KEYS)), unique=True, max_size=12).flatmap(
    lambda names: st.fixed_dictionaries({name: KEYS[name] for name in names})
)
thorough = settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def nested(flat: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for path, value in flat.items():
        *parents, leaf = path.split(".")
        node = found
        for parent in parents:
            node = node.setdefault(parent, {})
        node[leaf] = value
    return found


def at(config: BaseModel, path: str) -> Any:
    value: Any = config
    for part in path.split("."):
        value = getattr(value, part)
    return value


def parsed(data: Any, naming: str = "") -> InspectConfig | None:
    """The configuration, or None where it is refused: always by this error, in one line that names the key."""
    refused = ""
    try:
        return parse_config(data, source="line.yaml")
    except DetectionInputError as error:
        refused = str(error)
    assert refused.startswith("line.yaml: ")
    assert naming in refused
    assert "\n" not in refused
    return None


def test_every_key_is_drawn() -> None:
    paths = _all_paths()
    leaves = {path for path in paths if not any(other.startswith(f"{path}.") for other in paths)}
    leaves = {"defects.polygons" if path.startswith("defects.polygons.") else path for path in leaves}
    assert leaves == set(KEYS)


@pytest.mark.parametrize("path", sorted(KEYS))
def test_each_key_alone_takes_its_values_and_names_itself_otherwise(path: str) -> None:
    @settings(max_examples=12, deadline=None)
    @given(KEYS[path], anything)
    def check(value: Any, wild: Any) -> None:
        config = parsed(nested({path: value}))
        if config is not None and path != "defects.polygons":
            assert at(config, path) == value
        parsed(nested({path: wild}), naming=path.rpartition(".")[2])

    check()


@thorough
@given(chosen)
def test_what_is_read_survives_files_and_flags(tmp_path_factory: pytest.TempPathFactory, flat: dict[str, Any]) -> None:
    config = parsed(nested(flat))
    if config is None:
        return
    assert InspectConfig.model_validate_json(config.model_dump_json()) == config
    folder: Path = tmp_path_factory.getbasetemp()
    for name, text in (("line.json", json.dumps(nested(flat))), ("line.yaml", yaml.safe_dump(nested(flat)))):
        (folder / name).write_text(text)
        assert load_config(folder / name) == config
    assert with_overrides(InspectConfig(), flat) == config
    assert parse_config({}, base=config) == config


@thorough
@given(chosen, st.sampled_from(sorted(KEYS)), anything)
def test_no_value_at_any_key_breaks_it(flat: dict[str, Any], path: str, value: Any) -> None:
    parsed(nested({**flat, path: value}))


@thorough
@given(chosen, st.sampled_from(["", *sorted(KEYS)]), st.text(min_size=1, max_size=20))
def test_a_key_that_does_not_exist_is_named(flat: dict[str, Any], path: str, key: str) -> None:
    data = nested(flat)
    node = data
    for part in path.split(".")[:-1]:
        node = node.setdefault(part, {})
    node[f"x {key}"] = 1
    with pytest.raises(DetectionInputError, match="no key") as caught:
        parse_config(data)
    assert "\n" not in str(caught.value)
