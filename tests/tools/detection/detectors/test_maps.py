from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tools.detection.detectors.maps import stand_out, top_mean


def ground(seed: int, level: float = 4.0, grain: float = 0.3) -> np.ndarray:
    """Distances of a good photo: all near a level."""
    return np.random.default_rng(seed).normal(level, grain, (40, 32)).clip(0).astype(np.float32)


def test_a_defect_stands_out_more_than_a_photo_that_is_strange_all_over() -> None:
    quiet, strange = ground(0), ground(1, 6.0, 0.9)
    spoiled = quiet.copy()
    spoiled[10:16, 10:14] = 7.5
    assert top_mean(strange, 0.01) > top_mean(spoiled, 0.01)
    assert stand_out(strange, 0.01) < stand_out(spoiled, 0.01)


def test_half_of_the_photo_may_be_spoiled() -> None:
    half = ground(0)
    half[:18] += 6.0
    assert stand_out(half, 0.01) > 2 * stand_out(ground(0), 0.01)


@given(st.integers(0, 99), st.floats(0.5, 20.0), st.floats(1.01, 5.0))
def test_a_worse_patch_never_lowers_it(seed: int, level: float, factor: float) -> None:
    values = ground(seed, level)
    worse = values.copy()
    worse[np.unravel_index(int(values.argmax()), values.shape)] *= factor
    assert stand_out(worse, 0.01) >= stand_out(values, 0.01)


@pytest.mark.parametrize("level", [0.0, 3.0])
def test_a_photo_without_any_spread_has_a_number(level: float) -> None:
    assert stand_out(np.full((8, 8), level, np.float32), 0.01) == 0.0
    spot = np.full((8, 8), level, np.float32)
    spot[2, 2] += 1.0
    assert np.isfinite(stand_out(spot, 0.01))
    assert stand_out(spot, 0.01) > 0
