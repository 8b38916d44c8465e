"""Distances between sets: zero-ish for the same distribution, growing with a shift, sane at the edges."""

from __future__ import annotations

from functools import partial

import numpy as np
import pytest
from scipy.linalg import sqrtm

from tools.scoring import distances as d
from tools.scoring.errors import ScoringError

DISTANCES = {
    "mmd2": partial(d.mmd2, bandwidth=2.0),
    "energy": d.energy,
    "sliced": d.sliced_wasserstein,
    "frechet": d.frechet,
    "kid": d.kid,
    "nn": d.nearest_neighbour,
}


@pytest.fixture
def cloud(rng: np.random.Generator) -> np.ndarray:
    return rng.standard_normal((80, 5))


@pytest.mark.parametrize("name", DISTANCES)
def test_grows_with_the_shift_and_is_symmetric(name: str, cloud: np.ndarray) -> None:
    other = np.random.default_rng(1).standard_normal((80, 5))
    distance = DISTANCES[name]
    near, far = distance(cloud, other + 0.2), distance(cloud, other + 2.0)
    assert near < far
    assert distance(cloud, other + 2.0) == pytest.approx(distance(other + 2.0, cloud), rel=1e-6)


def test_mmd_is_unbiased() -> None:
    generator = np.random.default_rng(0)
    values = [
        d.mmd2(generator.standard_normal((20, 3)), generator.standard_normal((20, 3)), bandwidth=1.5)
        for _ in range(200)
    ]
    assert abs(np.mean(values)) < 3 * np.std(values) / np.sqrt(200)
    assert min(values) < 0


def test_frechet_is_the_textbook_formula_without_shrinkage(cloud: np.ndarray) -> None:
    other = np.random.default_rng(2).standard_normal((60, 5)) * 1.5 + 0.3
    a, b = np.cov(cloud, rowvar=False), np.cov(other, rowvar=False)
    shift = ((cloud.mean(0) - other.mean(0)) ** 2).sum()
    expected = shift + np.trace(a + b - 2 * sqrtm(a @ b).real)
    assert d.frechet(cloud, other, shrinkage=0.0) == pytest.approx(expected, rel=1e-6)


def test_noise_floor_lies_under_a_real_shift(cloud: np.ndarray) -> None:
    distance = DISTANCES["mmd2"]
    floor = d.noise_floor(cloud, distance, seed=0)
    assert distance(cloud[:40], cloud[40:] + 1.0) > floor


def test_share_within(cloud: np.ndarray) -> None:
    assert d.share_within(cloud, cloud, radius=0.0) == 1.0
    assert d.share_within(cloud + 100, cloud, radius=1.0) == 0.0


@pytest.mark.parametrize("name", DISTANCES)
def test_bad_sets_are_refused(name: str, cloud: np.ndarray) -> None:
    with pytest.raises(ScoringError, match="same width"):
        DISTANCES[name](cloud, cloud[:, :3])
    broken = cloud.copy()
    broken[0, 0] = np.nan
    with pytest.raises(ScoringError, match="NaN"):
        DISTANCES[name](cloud, broken)
    with pytest.raises(ScoringError, match="at least"):
        DISTANCES[name](cloud, cloud[:0])
