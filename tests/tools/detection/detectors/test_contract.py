"""What every detector promises, whatever it is."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from tools.detection.errors import DetectionInputError
from tools.detection.protocol import Detector
from tools.detection.registry import DETECTORS, build_detector

SMALL: dict[str, dict[str, Any]] = {
    "patchcore": {"side_px": 96, "coreset": 200},
    "pixel": {"side_px": 96},
    "subspace": {"side_px": 96},
    "supersimple": {"side_px": 96, "examples": 50, "steps": 30, "heads": 2, "coreset": 200},
    "efficientad": {"side_px": 64, "channels": 12, "examples": 16, "steps": 50},
}
"""Settings that make a fit quick; a detector without an entry is built with its defaults."""
Parts = list[NDArray[np.uint8]]


@pytest.fixture(scope="module", params=[name for name in DETECTORS if name in SMALL])
def fitted(request: pytest.FixtureRequest, good_parts: Parts) -> Detector:
    detector = build_detector(request.param, **SMALL[request.param])
    detector.fit(good_parts, seed=3)
    return detector


def test_finds_the_bad_parts(fitted: Detector, held_out: Parts, bad_parts: list[Any]) -> None:
    good = [found.score for found in fitted.predict(held_out)]
    bad = [found.score for found in fitted.predict([image for image, _ in bad_parts])]
    assert min(bad) > max(good)


def test_map_is_of_the_image_and_points_at_the_defect(fitted: Detector, bad_parts: list[Any]) -> None:
    for (image, mask), found in zip(bad_parts, fitted.predict([i for i, _ in bad_parts]), strict=True):
        assert found.map.shape == image.shape[:2]
        assert found.map.dtype == np.float32
        assert found.map[mask].mean() > 1.5 * found.map[~mask].mean()


def test_round_trip_gives_identical_scores(fitted: Detector, bad_parts: list[Any]) -> None:
    config = json.loads(json.dumps(dict(fitted.config())))
    again = build_detector(fitted.name, **config)
    again.load_state({name: values.copy() for name, values in fitted.state().items()})
    for (image, _), first in zip(bad_parts, fitted.predict([i for i, _ in bad_parts]), strict=True):
        second = again.predict([image])[0]
        assert second.score == pytest.approx(first.score, rel=1e-5)
        np.testing.assert_allclose(second.map, first.map, rtol=1e-3, atol=1e-3)


def test_the_seed_decides(fitted: Detector, good_parts: Parts, held_out: Parts) -> None:
    again = build_detector(fitted.name, **SMALL[fitted.name])
    again.fit(good_parts, seed=3)
    for name, values in fitted.state().items():
        np.testing.assert_array_equal(again.state()[name], values)
    first, second = fitted.predict(held_out), again.predict(held_out)
    assert [p.score for p in first] == [p.score for p in second]


def test_any_size_grey_flat_and_extreme_pixels(fitted: Detector) -> None:
    rng = np.random.default_rng(0)
    shapes = [(16, 16), (16, 200), (301, 17), (97, 131)]
    images = [rng.integers(0, 256, (*shape, 3), dtype=np.uint8) for shape in shapes]
    images += [np.zeros((40, 40, 3), np.uint8), np.full((40, 40, 3), 255, np.uint8)]
    for image, found in zip(images, fitted.predict(images), strict=True):
        assert np.isfinite(found.score)
        assert np.isfinite(found.map).all()
        assert found.map.shape == image.shape[:2]


def test_predict_on_nothing_is_nothing(fitted: Detector) -> None:
    assert fitted.predict([]) == []


@pytest.mark.parametrize("name", list(SMALL))
def test_before_fit_it_says_so(name: str, held_out: Parts) -> None:
    detector = build_detector(name, **SMALL[name])
    with pytest.raises(DetectionInputError, match="never fitted"):
        detector.predict(held_out)
    with pytest.raises(DetectionInputError, match="never fitted"):
        detector.state()


@pytest.mark.parametrize("name", list(SMALL))
def test_refuses_bad_images_and_states(name: str, good_parts: Parts) -> None:
    detector = build_detector(name, **SMALL[name])
    with pytest.raises(DetectionInputError, match="at least"):
        detector.fit([], seed=0)
    with pytest.raises(DetectionInputError, match="uint8"):
        detector.fit([np.zeros((40, 40), np.uint8)] * 4, seed=0)
    with pytest.raises(DetectionInputError, match="16 px"):
        detector.fit([np.zeros((8, 40, 3), np.uint8)] * 4, seed=0)
    with pytest.raises(DetectionInputError, match="lacks"):
        detector.load_state({})
    detector.fit(good_parts, seed=0)
    for name_of_array in detector.state():
        left = {key: values for key, values in detector.state().items() if key != name_of_array}
        with pytest.raises(DetectionInputError, match=f"fit again: redrabbit fit .*--detector {name} ") as caught:
            build_detector(name, **SMALL[name]).load_state(left)
        assert "\n" not in str(caught.value)
    broken = dict(detector.state())
    key = next(k for k, v in broken.items() if np.issubdtype(v.dtype, np.floating))
    broken[key] = np.full_like(broken[key], np.nan)
    with pytest.raises(DetectionInputError, match="NaN"):
        detector.load_state(broken)
