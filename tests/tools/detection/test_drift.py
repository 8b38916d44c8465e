import numpy as np
import pytest

from tests.tools.detection.conftest import good_photo
from tools.detection.bundle import Bundle
from tools.detection.drift import check_drift, compare, psi
from tools.detection.errors import DetectionInputError


def test_psi_of_the_same_and_of_another_distribution(rng: np.random.Generator) -> None:
    then = rng.normal(size=2000)
    assert psi(then, rng.normal(size=2000)) < 0.03
    assert psi(then, rng.normal(1.0, size=2000)) > 0.5


def test_chance_alone_seldom_raises_an_alarm(rng: np.random.Generator) -> None:
    levels = [compare("score", rng.normal(size=200), rng.normal(size=40), seed=i).level for i in range(60)]
    assert levels.count("alarm") == 0
    assert levels.count("look") <= 4
    shifted = [compare("score", rng.normal(size=200), rng.normal(1.5, size=40), seed=i).level for i in range(20)]
    assert shifted.count("alarm") >= 18


def test_a_camera_out_of_focus_is_an_alarm(bundle: Bundle) -> None:
    import cv2

    same = [good_photo(3000 + seed) for seed in range(30)]
    assert check_drift(bundle, same).level == "stable"
    dirty = [cv2.GaussianBlur(photo, (0, 0), 2.5) for photo in same]
    found = check_drift(bundle, dirty)
    assert found.level == "alarm"
    assert found.words.startswith("DRIFT: score")
    with pytest.raises(DetectionInputError, match="too few to see drift"):
        check_drift(bundle, same[:5])
