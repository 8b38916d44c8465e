"""The void experiment's images: seeded, exact outside the mask, and doing what the parameters say."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tools.calibration.distributions import centre
from tools.calibration.void import REAL, SHAPES, VOID_SPACE, render_voids

BASE = centre(REAL, VOID_SPACE)


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 2**32), st.sampled_from(SHAPES), st.integers(3, 20), st.floats(5, 40))
def test_same_seed_same_bytes_and_nothing_changes_outside(seed: int, shape: str, count: int, size: float) -> None:
    chip = np.full((128, 128, 3), 180, np.uint8)
    values = {**BASE, "void_shape": shape, "void_count": count, "base_size": size}
    one, two = render_voids(values, [chip], seed), render_voids(values, [chip], seed)
    assert np.array_equal(one.image, two.image)
    assert np.array_equal(one.image[one.mask == 0], chip[one.mask == 0])
    assert (one.image[one.mask > 0] != chip[one.mask > 0]).any(axis=1).all()
    assert one.uncontrolled == two.uncontrolled
    assert 0 <= float(one.uncontrolled["rotation_deg"]) <= 360


@pytest.mark.parametrize(("name", "low", "high"), [("void_count", 3, 20), ("base_size", 6, 30)])
def test_more_and_larger_voids_cover_more(name: str, low: float, high: float) -> None:
    chip = np.full((256, 256, 3), 180, np.uint8)

    def covered(value: float) -> float:
        return float(np.mean([render_voids({**BASE, name: value}, [chip], seed).mask.mean() for seed in range(8)]))

    assert covered(low) < covered(high)


def test_brightness_factor_is_the_factor() -> None:
    chip = np.full((256, 256, 3), 200, np.uint8)
    values = {**BASE, "brightness_factor": 0.5, "base_size": 40, "size_std": 0, "void_shape": "circle"}
    assert render_voids(values, [chip], 1).image.min() == pytest.approx(100, abs=2)
