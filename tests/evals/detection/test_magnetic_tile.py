from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from evals.detection.deeppcb import boxes_of, f1
from evals.detection.magnetic_tile import split_good, tile_of

PATHS = [Path(f"exp{k}_num_{1000 * tile + 20 * k}.jpg") for tile in range(30) for k in range(1, 6)]


def test_photos_of_a_tile_are_known_as_siblings() -> None:
    assert tile_of(PATHS).tolist() == [tile for tile in range(30) for _ in range(5)]


@pytest.mark.parametrize("split", ["random", "new_tiles"])
def test_parts_are_seeded_and_disjoint(split: str) -> None:
    fitted, held = split_good(PATHS, 3, split)  # type: ignore[arg-type]
    assert sorted([*fitted, *held]) == list(range(len(PATHS)))
    assert abs(len(fitted) - 3 * len(held)) <= 20
    np.testing.assert_array_equal(fitted, split_good(PATHS, 3, split)[0])  # type: ignore[arg-type]


def test_new_tiles_share_no_tile() -> None:
    fitted, held = split_good(PATHS, 0, "new_tiles")
    tiles = tile_of(PATHS)
    assert not set(tiles[fitted]) & set(tiles[held])


def test_boxes_and_their_f1() -> None:
    values = np.zeros((50, 60), np.float32)
    values[10:14, 20:26] = 200
    assert boxes_of(values, 100, 1, 4, 2) == [(18, 8, 28, 16)]
    assert boxes_of(values, 100, 1, 40, 2) == []
    assert f1(np.array([[1, 1, 2], [2, 3, 2]])) == pytest.approx(0.75)
