"""The search space: points and values are the same thing."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from tools.calibration.distributions import Choice, Normal, centre, draw
from tools.calibration.errors import CalibrationError
from tools.calibration.space import Category, Number, Space
from tools.calibration.void import CLOSE, FAR, REAL, VOID_SPACE

POINT = st.tuples(st.integers(0, 2), *[st.floats(0, 1) for _ in range(5)])


@settings(max_examples=60, deadline=None)
@given(POINT)
def test_decode_lies_inside_and_encode_takes_it_back(point: tuple[float, ...]) -> None:
    values = VOID_SPACE.decode(point)
    assert 3 <= values["void_count"] <= 20
    assert isinstance(values["void_count"], int)
    again = VOID_SPACE.encode(values)
    assert VOID_SPACE.decode(again) == values
    assert np.abs(again[[0, 2, 3, 4, 5]] - np.asarray(point)[[0, 2, 3, 4, 5]]).max() < 1e-4


def test_sobol_covers_every_category_and_is_seeded() -> None:
    points = VOID_SPACE.sobol(32, 1)
    assert {VOID_SPACE.decode(p)["void_shape"] for p in points} == {"circle", "ellipse", "irregular"}
    assert np.array_equal(points, VOID_SPACE.sobol(32, 1))
    assert np.array_equal(points[:8], VOID_SPACE.sobol(8, 1))


@pytest.mark.parametrize(
    ("values", "words"),
    [({}, "no value"), ({"a": 11}, "between 0 and 10"), ({"a": 1, "b": "z"}, "one of x, y")],
)
def test_wrong_values_are_named(values: dict[str, float | str], words: str) -> None:
    space = Space(parameters={"a": Number(low=0, high=10), "b": Category(choices=("x", "y"))})
    with pytest.raises(CalibrationError, match=words):
        space.encode(values)


def test_distance_counts_a_wrong_category_as_one() -> None:
    one = centre(REAL, VOID_SPACE)
    assert VOID_SPACE.distance(one, one) == 0
    assert VOID_SPACE.distance(one, {**one, "void_shape": "circle"}) == pytest.approx(np.sqrt(1 / 6))


def test_the_published_distributions() -> None:
    assert centre(REAL, VOID_SPACE) == {
        "void_shape": "ellipse",
        "void_count": 8,
        "base_size": 20,
        "brightness_factor": 0.6,
        "size_std": 7,
        "position_spread": 0.5,
    }
    assert centre(FAR, VOID_SPACE)["void_shape"] == "circle"
    generator = np.random.default_rng(0)
    for distribution in (REAL, CLOSE, FAR):
        for _ in range(50):
            VOID_SPACE.encode(draw(distribution, VOID_SPACE, generator))


def test_bad_distributions_are_refused() -> None:
    with pytest.raises(ValidationError, match="sum to 1"):
        Choice(probabilities=(0.5, 0.2))
    with pytest.raises(CalibrationError, match="never falls"):
        draw({"base_size": Normal(mean=1000, std=1)}, VOID_SPACE, np.random.default_rng(0))
    with pytest.raises(CalibrationError, match="3 choices and 2"):
        draw({"void_shape": Choice(probabilities=(0.5, 0.5))}, VOID_SPACE, np.random.default_rng(0))
