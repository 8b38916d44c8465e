"""Synthetic good and bad parts for detector tests."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray


def good_part(seed: int, shape: tuple[int, int] = (96, 80)) -> NDArray[np.uint8]:
    """A grey brushed plate: horizontal grain, a little noise, its own brightness."""
    rng = np.random.default_rng(seed)
    grain = cv2.GaussianBlur(rng.normal(0, 25, shape).astype(np.float32), (0, 0), sigmaX=6, sigmaY=0.6)
    grey = 130 + rng.normal(0, 4) + grain + rng.normal(0, 2, shape)
    return np.repeat(np.clip(grey, 0, 255).astype(np.uint8)[:, :, None], 3, axis=2)


def bad_part(seed: int, shape: tuple[int, int] = (96, 80)) -> tuple[NDArray[np.uint8], NDArray[np.bool_]]:
    """The same plate with a dark blotch, and where it is."""
    image = good_part(seed, shape)
    mask = np.zeros(shape, dtype=np.uint8)
    rng = np.random.default_rng(seed + 1)
    centre = (int(rng.integers(20, shape[1] - 20)), int(rng.integers(20, shape[0] - 20)))
    cv2.circle(mask, centre, 7, 1, -1)
    image[mask > 0] //= 3
    return image, mask > 0


@pytest.fixture(scope="session")
def good_parts() -> list[NDArray[np.uint8]]:
    return [good_part(seed) for seed in range(12)]


@pytest.fixture(scope="session")
def held_out() -> list[NDArray[np.uint8]]:
    return [good_part(seed) for seed in range(100, 106)]


@pytest.fixture(scope="session")
def bad_parts() -> list[tuple[NDArray[np.uint8], NDArray[np.bool_]]]:
    return [bad_part(seed) for seed in range(200, 206)]
