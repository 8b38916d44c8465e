import numpy as np
import pytest

from tests.tools.detection.conftest import good_photo
from tools.detection.config import Preprocessing, parse_config
from tools.detection.illumination import PRESETS, prepare_photo


def settings(**knobs: object) -> Preprocessing:
    return parse_config({"preprocessing": {"illumination_contrast": knobs}}).preprocessing


def test_nothing_asked_changes_nothing() -> None:
    photo = good_photo(1)
    assert prepare_photo(photo, Preprocessing()) is photo
    assert np.abs(prepare_photo(photo, settings()).astype(int) - photo).max() <= 1


@pytest.mark.parametrize("name", sorted(PRESETS))
def test_every_preset_gives_a_photo_of_the_same_size(name: str) -> None:
    photo = good_photo(1)
    found = prepare_photo(photo, Preprocessing(illumination_contrast=PRESETS[name]))
    assert found.shape == photo.shape
    assert found.dtype == np.uint8
    assert found.std() > 5
    assert np.array_equal(found, prepare_photo(photo, Preprocessing(illumination_contrast=PRESETS[name])))


def test_white_balance_evens_the_channels_out() -> None:
    tinted = (good_photo(1) * np.array([1.0, 0.8, 0.6])).astype(np.uint8)
    found = prepare_photo(tinted, settings(white_balance="gray_world")).mean(axis=(0, 1))
    assert np.ptp(found) < 2


def test_homomorphic_filter_weakens_a_slow_shadow() -> None:
    shadow = np.linspace(0.4, 1.0, 128)[None, :, None]
    shaded = (np.full((96, 128, 3), 180) * shadow).astype(np.uint8)
    knobs = {"enabled": True, "cutoff": 0.1, "gamma_low": 0.3, "gamma_high": 1.0}
    found = prepare_photo(shaded, settings(homomorphic=knobs))
    assert np.ptp(found[48, 20:-20, 0].astype(int)) < 0.75 * np.ptp(shaded[48, 20:-20, 0].astype(int))


def test_gamma_and_stretch() -> None:
    photo = good_photo(1)
    assert prepare_photo(photo, settings(gamma=0.5)).mean() > photo.mean()
    stretched = prepare_photo(photo, settings(contrast_stretch={"enabled": True}))
    assert stretched.min() == 0
    assert stretched.max() == 255
