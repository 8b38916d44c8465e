"""A handful of small good photos and one sculpted set, made once."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest

from tools.blueprint.model import Blueprint, CountRange, Range
from tools.datasets.sculpt import sculpt
from tools.vision.images import save_png


def make_photo(seed: int, size: tuple[int, int] = (96, 112)) -> np.ndarray:
    """A grained grey photo."""
    rng = np.random.default_rng(seed)
    grey = rng.normal(130, 7, size) + np.linspace(-15, 15, size[1])[None, :]
    return np.repeat(np.clip(grey, 0, 255).astype(np.uint8)[..., None], 3, axis=2)


@pytest.fixture(scope="session")
def photos(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """Five photos of good parts."""
    folder = tmp_path_factory.mktemp("good")
    return [save_png(folder / f"part_{number}.png", make_photo(number)) for number in range(5)]


@pytest.fixture(scope="session")
def blueprint() -> Blueprint:
    """One or two scratches of varying contrast."""
    look = {"contrast": Range(min=-0.6, max=-0.3)}
    return Blueprint(text="a dark scratch", defect_type="scratch", count=CountRange(min=1, max=2)).model_copy(
        update={"appearance": Blueprint().appearance.model_copy(update=look)}
    )


@pytest.fixture(scope="session")
def _sculpted_once(tmp_path_factory: pytest.TempPathFactory, photos: list[Path], blueprint: Blueprint) -> Path:
    root = tmp_path_factory.mktemp("sculpted") / "set"
    sculpt(blueprint, photos, root, count=6, seed=3)
    return root


@pytest.fixture
def sculpted(_sculpted_once: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data set of six images in MVTec's layout; each test has its own copy."""
    return Path(shutil.copytree(_sculpted_once, tmp_path_factory.mktemp("copy") / "set"))
