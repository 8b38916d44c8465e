from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from tools.detection.detectors.patchcore.coreset import greedy_coreset


def assert_greedy(points: NDArray[np.float32], chosen: NDArray[np.intp]) -> None:
    """Every choice was the farthest point of its step, checked over all points in double precision.

    Two points may tie within float32's rounding; then either is right.
    """
    wide = points.astype(np.float64)
    scale = float((wide**2).sum(axis=1).max())
    nearest = ((wide - wide[chosen[0]]) ** 2).sum(axis=1)
    for index in chosen[1:]:
        assert nearest[index] >= nearest.max() * (1 - 1e-5) - 1e-5 * scale
        nearest = np.minimum(nearest, ((wide - wide[index]) ** 2).sum(axis=1))


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 10_000), st.integers(2, 300), st.integers(1, 12))
def test_every_choice_is_the_farthest_point(seed: int, total: int, dims: int) -> None:
    rng = np.random.default_rng(seed)
    points = (rng.standard_t(2, (total, dims)) * 3).astype(np.float32)
    count = int(rng.integers(1, total + 1))
    found = greedy_coreset(points, count, seed=seed)
    if count < total:
        assert found[0] == np.random.default_rng(seed).integers(total)
        assert_greedy(points, found)
    assert len(set(found.tolist())) == len(found) == count


def test_repeats_are_filled_up() -> None:
    points = np.repeat(np.eye(3, dtype=np.float32), 5, axis=0)
    found = greedy_coreset(points, 10, seed=0)
    assert len(set(found.tolist())) == 10
    assert len(np.unique(points[found[:3]], axis=0)) == 3


def test_more_than_there_are_gives_all() -> None:
    assert greedy_coreset(np.zeros((4, 2), np.float32), 9, seed=1).tolist() == [0, 1, 2, 3]
