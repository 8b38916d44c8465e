"""Augmentations move mask and pixels together."""

from __future__ import annotations

import numpy as np
import pytest

from tools.generation.augment import Augmentation, augment
from tools.vision.types import RgbImage


def _marked() -> tuple[RgbImage, np.ndarray]:
    image = np.full((120, 160, 3), 40, dtype=np.uint8)
    mask = np.zeros((120, 160), dtype=np.uint8)
    image[40:70, 50:100] = 220
    mask[40:70, 50:100] = 255
    return image, mask


@pytest.mark.parametrize("seed", range(6))
def test_the_mask_moves_with_the_pixels(seed: int) -> None:
    image, mask = _marked()
    done = augment(image, mask, seed, Augmentation(exposure=0, gradient=0, blur_px=0, noise_levels=0))
    bright = done.image[..., 0] > 130
    both, either = (bright & (done.mask > 0)).sum(), (bright | (done.mask > 0)).sum()
    assert both / either > 0.97
    assert set(np.unique(done.mask)) == {0, 255}


def test_nothing_changes_when_everything_is_off() -> None:
    image, mask = _marked()
    off = Augmentation(0, 0, 0, 0, 0, 0, 0, flip=False)
    done = augment(image, mask, 1, off)
    assert np.array_equal(done.image, image)
    assert np.array_equal(done.mask, mask)


def test_grey_stays_grey_and_seeds_repeat() -> None:
    image, mask = _marked()
    one, two = augment(image, mask, 5), augment(image, mask, 5)
    assert one.image.tobytes() == two.image.tobytes()
    assert np.array_equal(one.image[..., 0], one.image[..., 2])
    assert one.values == two.values
