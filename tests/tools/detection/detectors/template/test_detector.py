from __future__ import annotations

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from tools.detection.detectors.template import Template
from tools.detection.errors import DetectionInputError

Image = NDArray[np.uint8]


def board(seed: int, side: int = 240) -> Image:
    """Dark tracks on a bright board."""
    rng = np.random.default_rng(seed)
    image = np.full((side, side, 3), 235, np.uint8)
    for _ in range(12):
        first, second = (tuple(int(v) for v in rng.integers(10, side - 10, 2)) for _ in range(2))
        cv2.line(image, first, second, (25, 25, 25), 5)
    return image


def moved(image: Image, dx: float, dy: float, angle_deg: float = 0.0) -> Image:
    side = image.shape[0]
    matrix = cv2.getRotationMatrix2D((side / 2, side / 2), angle_deg, 1.0)
    matrix[:, 2] += dx, dy
    return np.asarray(cv2.warpAffine(image, matrix, (side, side), borderMode=cv2.BORDER_REPLICATE), np.uint8)


@pytest.fixture(scope="module")
def fitted() -> Template:
    detector = Template()
    detector.fit([board(seed) for seed in range(5)], seed=0)
    return detector


@pytest.mark.parametrize("motion", [(0, 0, 0), (3.4, -2.7, 0), (2, 1, 0.6)])
def test_a_moved_good_board_is_quiet_and_a_spot_is_not(fitted: Template, motion: tuple[float, float, float]) -> None:
    good = moved(board(3), *motion)
    bad = good.copy()
    cv2.circle(bad, (120, 60), 5, (25, 25, 25), -1)
    bad[60, 120] = 25
    cv2.circle(bad, (60, 150), 5, (235, 235, 235), -1)
    quiet, loud = fitted.predict([good, bad])
    assert loud.score > 2 * quiet.score + 20


def test_an_open_in_a_thin_track_is_found() -> None:
    golden = np.full((120, 120, 3), 235, np.uint8)
    cv2.line(golden, (60, 0), (60, 119), (25, 25, 25), 3)
    broken = golden.copy()
    broken[50:62] = 235
    detector = Template(tolerance_px=2)
    detector.fit([golden], seed=0)
    found = detector.predict([broken])[0]
    assert found.map[52:60, 58:63].max() > 100
    assert found.map[:40].max() < 20


def test_mostly_background_keeps_its_dark_parts() -> None:
    """Contrast is not matched where there is hardly any to measure."""
    golden = np.full((160, 160, 3), 250, np.uint8)
    cv2.circle(golden, (80, 80), 8, (10, 10, 10), -1)
    detector = Template()
    detector.fit([golden], seed=0)
    assert detector.predict([golden])[0].map.max() < 1


def test_brighter_light_is_no_defect(fitted: Template) -> None:
    brighter = np.clip(board(1).astype(np.int16) + 15, 0, 255).astype(np.uint8)
    assert fitted.predict([brighter])[0].score < 10


def test_refuses_unknown_settings() -> None:
    with pytest.raises(DetectionInputError, match="motion"):
        Template(motion="bend")  # type: ignore[arg-type]
    with pytest.raises(DetectionInputError, match="window_px"):
        Template(window_px=1)
