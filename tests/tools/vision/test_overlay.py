import numpy as np
import pytest

from tools.vision.overlay import heat_overlay, relative_scores

PHOTO = np.full((60, 80, 3), 120, dtype=np.uint8)


def test_a_good_part_stays_as_it_is_whatever_its_own_maximum() -> None:
    scores = np.linspace(1.0, 1.4, 60 * 80, dtype=np.float32).reshape(60, 80)
    shown = heat_overlay(PHOTO, scores, baseline=1.0, threshold=2.0, legend=False)
    assert np.array_equal(shown, PHOTO)


def test_the_same_score_has_the_same_colour_in_every_picture() -> None:
    one = np.full((60, 80), 2.5, dtype=np.float32)
    other = one.copy()
    other[:30] = 9.0
    first = heat_overlay(PHOTO, one, baseline=1.0, threshold=2.0, legend=False)
    second = heat_overlay(PHOTO, other, baseline=1.0, threshold=2.0, legend=False)
    assert np.array_equal(first[40], second[40])
    assert not np.array_equal(first[40], PHOTO[40])


def test_nan_is_shown_hot_and_wrong_arguments_are_errors() -> None:
    assert relative_scores(np.array([[np.nan]], dtype=np.float32), baseline=0, threshold=1)[0, 0] == 2.0
    with pytest.raises(ValueError, match="must lie above"):
        relative_scores(np.zeros((2, 2), dtype=np.float32), baseline=1.0, threshold=1.0)
    with pytest.raises(ValueError, match="the map is"):
        heat_overlay(PHOTO, np.zeros((2, 2), dtype=np.float32), baseline=0, threshold=1)
