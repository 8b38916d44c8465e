"""The one place where detectors take their features from."""

from __future__ import annotations

import json

import numpy as np
import pytest
from numpy.typing import NDArray

from tools.detection.detectors.patches import patch_features
from tools.detection.detectors.source import Source
from tools.detection.detectors.supersimple.detector import pyramid
from tools.detection.registry import build_detector

Parts = list[NDArray[np.uint8]]


def test_the_size_follows_from_the_photos_once(good_parts: Parts) -> None:
    source = Source("efficientnet-lite0", stages=None, size=None, side_px=96)
    assert source.config()["size"] is None
    source.settle(good_parts[:2])
    first = source.size
    source.settle([np.zeros((64, 256, 3), np.uint8)])
    assert source.size == first
    assert Source("efficientnet-lite0", stages=None, size=(64, 96), side_px=96).size == (64, 96)


def test_its_settings_make_it_again(good_parts: Parts) -> None:
    source = Source("efficientnet-lite0", stages=None, size=None, side_px=64, usual=pyramid)
    source.settle(good_parts)
    again = Source(**json.loads(json.dumps(source.config())))
    assert again.config() == source.config()
    assert (again.stages, again.channels) == (("s2", "s4", "s8", "s16"), [16, 24, 40, 112])


def test_cells_are_patch_features_in_order(good_parts: Parts) -> None:
    source = Source("efficientnet-lite0", stages=None, size=(64, 64), side_px=64)
    found = list(source.cells(good_parts[:9]))
    assert len(found) == 9
    alone = patch_features(source.backbone, good_parts[8:9], (64, 64), source.stages)[0]
    np.testing.assert_allclose(found[8], alone, rtol=1e-4, atol=1e-4)
    assert list(source.cells([])) == []


@pytest.mark.parametrize(
    ("name", "options", "expected"),
    [
        ("patchcore", {"side_px": 96, "coreset": 200}, [35.920, 34.143, 34.928, 37.310, 36.392, 38.010]),
        ("subspace", {"side_px": 96}, [9.6426, 10.1794, 10.0542, 9.8388, 10.4225, 10.5433]),
    ],
)
def test_scores_stay_what_they_were(
    name: str,
    options: dict[str, int],
    expected: list[float],
    good_parts: Parts,
    bad_parts: list[tuple[NDArray, NDArray]],
) -> None:
    """Written down once; processors round differently, so the last digits are left to them."""
    detector = build_detector(name, **options)
    detector.fit(good_parts, seed=3)
    scores = [found.score for found in detector.predict([image for image, _ in bad_parts])]
    np.testing.assert_allclose(scores, expected, rtol=5e-3)
