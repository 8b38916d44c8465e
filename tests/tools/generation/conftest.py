"""Photos that the generation tests share."""

from __future__ import annotations

import numpy as np
import pytest

from tools.generation.base_parts import render_part
from tools.vision.types import RgbImage


@pytest.fixture(scope="session")
def metal() -> RgbImage:
    """Brushed metal, colour, fills the photo."""
    return render_part("brushed_metal", size=(256, 256), seed=1)


@pytest.fixture(scope="session")
def plate() -> RgbImage:
    """A plate before a belt, colour."""
    return render_part("plate", size=(256, 256), seed=1)


@pytest.fixture(scope="session")
def xray() -> RgbImage:
    """X-ray of a chip, grey."""
    return render_part("chip_xray", size=(256, 256), seed=1)


@pytest.fixture(scope="session")
def grey(metal: RgbImage) -> RgbImage:
    """Brushed metal, grey."""
    return np.repeat(metal[..., 1:2], 3, axis=2)
