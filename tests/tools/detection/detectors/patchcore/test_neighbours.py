from __future__ import annotations

import numpy as np
import pytest

from tools.detection.detectors.patchcore.neighbours import Bank


@pytest.mark.parametrize("k", [1, 5])
def test_agrees_with_brute_force(k: int, rng: np.random.Generator) -> None:
    points = rng.normal(size=(300, 20)).astype(np.float32)
    queries = rng.normal(size=(2500, 20)).astype(np.float32)
    distances, indices = Bank(points).nearest(queries, k)
    gaps = np.linalg.norm(points[None].astype(float) - queries[:, None].astype(float), axis=2)
    order = np.argsort(gaps, axis=1)[:, :k]
    np.testing.assert_allclose(distances, np.take_along_axis(gaps, order, axis=1), rtol=1e-3)
    assert (indices == order).mean() > 0.999


def test_a_point_of_the_bank_is_at_distance_zero(rng: np.random.Generator) -> None:
    points = rng.normal(size=(50, 8)).astype(np.float32)
    distances, _ = Bank(points).nearest(points[:3])
    assert distances.max() < 2e-3


def test_distances_alone_are_those_of_the_nearest() -> None:
    rng = np.random.default_rng(4)
    bank = Bank(rng.normal(size=(300, 12)).astype(np.float32))
    queries = rng.normal(size=(3000, 12)).astype(np.float32)
    assert np.array_equal(bank.distances(queries), bank.nearest(queries)[0][:, 0])
