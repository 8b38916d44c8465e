"""A small, quick calibration: rendered chips and an embedding that needs no network."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from tools.calibration.source import VoidSource
from tools.vision.types import RgbImage


def thumbnails(images: Sequence[RgbImage]) -> NDArray[np.float64]:
    """Coarse brightness, its spread and the histogram: enough to see size, number and darkness of voids."""
    rows = []
    for image in images:
        grey = image[..., 0].astype(np.float64) / 255
        small = cv2.resize(grey, (4, 4), interpolation=cv2.INTER_AREA)
        histogram = np.histogram(grey, bins=12, range=(0, 1))[0] / grey.size
        rows.append(np.concatenate([small.ravel(), np.sqrt(histogram), [grey.mean(), grey.std()]]))
    return np.stack(rows)


@pytest.fixture(scope="session")
def chips() -> list[RgbImage]:
    generator = np.random.default_rng(0)
    return [
        np.repeat(generator.normal(180, 4, (128, 128, 1)).clip(0, 255).astype(np.uint8), 3, axis=2) for _ in range(3)
    ]


@pytest.fixture(scope="session")
def source(chips: list[RgbImage]) -> VoidSource:
    return VoidSource(chips)
