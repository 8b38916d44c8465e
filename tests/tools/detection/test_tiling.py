"""Tiles: cover the photo once or more, blend without seams, one buffer for photos of one size."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from tools.detection.bundle import Bundle
from tools.detection.config import InspectConfig, Tiling
from tools.detection.fit import fit_bundle
from tools.detection.protocol import Prediction
from tools.detection.registry import build_detector
from tools.detection.tiling import Stitcher, corners, cut, tiled, window

REDUCERS = ("max", "mean", "hann", "gaussian")


def _photo(height: int, width: int) -> NDArray[np.uint8]:
    return np.random.default_rng(height).integers(0, 256, (height, width, 3), dtype=np.uint8)


@pytest.mark.parametrize(("height", "width"), [(64, 64), (65, 200), (40, 100), (129, 128)])
@pytest.mark.parametrize("how", REDUCERS)
def test_a_map_that_is_cut_comes_back_whole(height: int, width: int, how: str) -> None:
    settings = Tiling.model_validate({"tile_size": 64, "stride": 48, "map_reduce": how})
    photo = _photo(height, width)
    parts = [Prediction(float(one.max()), one[..., 0].astype(np.float32)) for one in cut(photo, settings)]
    joined = Stitcher(settings).join(parts, (height, width))
    np.testing.assert_allclose(joined.map, photo[..., 0], rtol=1e-4, atol=1e-3)
    assert joined.score == photo.max()


def test_every_pixel_is_covered_and_the_last_tile_ends_at_the_edge() -> None:
    covered = np.zeros((150, 101), int)
    for y, x in corners(150, 101, 64, 40):
        covered[y : y + 64, x : x + 64] += 1
        assert y + 64 <= 150
        assert x + 64 <= 101
    assert covered.min() >= 1


def test_no_weight_is_zero() -> None:
    assert all(window(32, how).min() >= 0.001 for how in REDUCERS)


def test_hann_blends_a_step_between_tiles_softly() -> None:
    parts = [Prediction(0.0, np.full((64, 64), value, np.float32)) for value in (0.0, 1.0)]
    steps = {}
    for how in ("max", "hann"):
        settings = Tiling.model_validate({"tile_size": 64, "stride": 32, "map_reduce": how})
        steps[how] = np.abs(np.diff(Stitcher(settings).join(parts, (64, 96)).map[32])).max()
    assert steps["max"] == 1.0
    assert steps["hann"] < 0.1


def test_buffers_are_used_again_and_results_are_not() -> None:
    settings = Tiling(tile_size=64, map_reduce="mean")
    stitcher = Stitcher(settings)
    first = stitcher.join([Prediction(1.0, np.ones((64, 64), np.float32))], (64, 64))
    buffer = stitcher._sum
    second = stitcher.join([Prediction(2.0, np.full((64, 64), 2, np.float32))], (64, 64))
    assert stitcher._sum is buffer
    assert (first.map == 1).all()
    assert (second.map == 2).all()


def test_a_nan_in_one_tile_is_not_hidden() -> None:
    parts = [Prediction(value, np.zeros((64, 64), np.float32)) for value in (0.0, float("nan"))]
    assert np.isnan(Stitcher(Tiling(tile_size=64)).join(parts, (64, 128)).score)


def test_score_reducers() -> None:
    parts = [Prediction(value, np.zeros((64, 64), np.float32)) for value in (1.0, 2.0, 6.0)]
    scores = [
        Stitcher(Tiling(tile_size=64, score_reduce=how, score_topk=0.67)).join(parts, (64, 192)).score
        for how in ("max", "mean", "topk_mean")
    ]
    assert scores == [6.0, 3.0, 4.0]


def test_a_small_defect_on_a_large_part_and_the_bundle(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    good = [np.clip(rng.normal(128, 6, (160, 192, 3)), 0, 255).astype(np.uint8) for _ in range(5)]
    folder = tmp_path / "good"
    folder.mkdir()
    for number, image in enumerate(good):
        cv2.imwrite(str(folder / f"{number}.png"), image)
    settings = InspectConfig.model_validate(
        {"adaptation": {"tiling": {"tile_size": 64, "stride": 48, "map_reduce": "hann"}}}
    )
    options = {"size": [64, 64], "coreset": 100}
    fit_bundle(folder, tmp_path / "bundle", detector="patchcore", options=options, config=settings, seed=0)
    bad = good[0].copy()
    bad[100:106, 150:156] = 0
    found = Bundle.load(tmp_path / "bundle").predict([bad])[0]
    assert found.map.shape == (160, 192)
    y, x = np.unravel_index(int(found.map.argmax()), found.map.shape)
    assert abs(int(y) - 103) < 12
    assert abs(int(x) - 153) < 12


def test_held_out_tiles_come_back_as_photos() -> None:
    rng = np.random.default_rng(1)
    photos = [rng.integers(100, 140, (64, 96, 3), dtype=np.uint8) for _ in range(3)]
    inner = build_detector("supersimple", size=[64, 64], examples=6, steps=1, heads=2, coreset=20)
    wrapped = tiled(inner, Tiling(tile_size=64, stride=32))
    seen: dict[int, tuple[int, ...]] = {}
    wrapped.fit_holding_out(  # type: ignore[attr-defined]
        photos, [np.array([0, 2]), np.array([1])], seed=0, keep=lambda i, p: seen.update({i: p.map.shape})
    )
    assert seen == dict.fromkeys(range(3), (64, 96))
