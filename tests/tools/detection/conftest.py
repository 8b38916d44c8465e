"""Small photos of good and bad parts, and a bundle fitted on them once."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

from tools.detection.bundle import Bundle
from tools.detection.config import parse_config
from tools.detection.fit import fit_bundle
from tools.vision.images import save_png


def good_photo(seed: int) -> np.ndarray:
    """A grey plate of 112 x 80 px on black with a groove and a label, lit a little differently each time."""
    rng = np.random.default_rng(seed)
    photo = np.full((96, 128), 25.0)
    photo[8:88, 8:120] = 150.0 + rng.uniform(-6, 6)
    photo[24:30, 16:112] -= 20.0
    cv2.rectangle(photo, (16, 40), (44, 56), 185.0, -1)
    grey = np.clip(photo + rng.normal(0, 3, photo.shape), 0, 255).astype(np.uint8)
    return np.repeat(grey[:, :, None], 3, axis=2)


def bad_photo(seed: int, length: int = 36) -> np.ndarray:
    """The same with a black scratch at the lower right."""
    photo = good_photo(seed)
    photo[78:81, 80 : 80 + length] = 5
    return photo


@pytest.fixture(scope="session")
def parts(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """`good/` with 70 photos, `bad/` with 6."""
    folder = tmp_path_factory.mktemp("parts")
    for seed in range(70):
        save_png(folder / "good" / f"{seed:03d}.png", good_photo(seed))
    for seed in range(6):
        save_png(folder / "bad" / f"{seed:03d}.png", bad_photo(1000 + seed))
    return folder


@pytest.fixture(scope="session")
def bundle_path(parts: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A saved bundle of the pixel detector, scale 0.1 mm per px."""
    out = tmp_path_factory.mktemp("bundle") / "plate"
    fit_bundle(parts / "good", out, detector="pixel", backbone="none", config=parse_config({"mm_per_px": 0.1}), folds=3)
    return out


@pytest.fixture
def bundle(bundle_path: Path) -> Bundle:
    """That bundle, loaded."""
    return Bundle.load(bundle_path)
