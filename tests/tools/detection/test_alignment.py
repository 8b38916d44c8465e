import numpy as np
import pytest

from tests.tools.detection.conftest import bad_photo, good_photo
from tools.detection.alignment import learn_alignment


@pytest.fixture(scope="module")
def good() -> list[np.ndarray]:
    return [good_photo(seed) for seed in range(20)]


@pytest.mark.parametrize(("down", "right"), [(6, -8), (18, -22), (0, 12), (-9, 3)])
def test_a_moved_part_is_told_with_how_far(good: list[np.ndarray], down: int, right: int) -> None:
    found = learn_alignment(good).objection(np.roll(good_photo(99), (down, right), axis=(0, 1)))
    assert found is not None
    x, y = (int(word) for word in found.split() if word[0] in "+-")
    assert abs(x - right) <= 2
    assert abs(y - down) <= 2


def test_defects_do_not_look_like_a_move(good: list[np.ndarray]) -> None:
    alignment = learn_alignment(good)
    assert alignment.active
    for seed in range(200, 230):
        assert alignment.objection(bad_photo(seed)) is None
        assert alignment.objection(good_photo(seed)) is None
    stained = good_photo(50)
    stained[20:70, 30:90] = 20
    assert alignment.objection(stained) is None


def test_it_is_off_where_good_photos_do_not_lie_alike(rng: np.random.Generator) -> None:
    photos = [rng.integers(0, 255, (96, 128, 3), dtype=np.uint8) for _ in range(8)]
    assert not learn_alignment(photos).active
    assert not learn_alignment([good_photo(1)] * 3).active
