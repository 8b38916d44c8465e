"""Small parts with holes and scratches, and a model that was trained on them for a few seconds."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from tools.segmentation.config import TrainConfig, train_config
from tools.segmentation.examples import Example, Held
from tools.segmentation.train import TrainResult, train

SIDE = 64


def part(index: int) -> Example:
    """Number 0, 3, 6 … are good; of the others one shows a dark hole, the next a bright scratch."""
    rng = np.random.default_rng(index)
    image = (120 + rng.normal(0, 6, (SIDE, SIDE, 3))).clip(0, 255).astype(np.uint8)
    mask = np.zeros((SIDE, SIDE), np.uint8)
    label = "good"
    if index % 3:
        y, x = (int(v) for v in rng.integers(8, 48, 2))
        label = "hole" if index % 3 == 1 else "scratch"
        area = (slice(y, y + 10), slice(x, x + 10)) if label == "hole" else (slice(y, y + 3), slice(6, 58))
        mask[area] = 255
        image[mask > 0] = 20 if label == "hole" else 220
    return Example(image, mask, label, f"part{index}", f"part{index}")


def small_config(**changes: object) -> TrainConfig:
    base = {
        "epochs": 8,
        "steps_per_epoch": 8,
        "batch": 6,
        "size_hw": (SIDE, SIDE),
        "network": {"widths": (8, 16, 24), "stem_stride": 2},
        "device": "cpu",
    }
    return train_config(**{**base, **changes})


@pytest.fixture(scope="session")
def parts() -> list[Example]:
    return [part(index) for index in range(36)]


@pytest.fixture(scope="session")
def trained(parts: list[Example], tmp_path_factory: pytest.TempPathFactory) -> TrainResult:
    torch.set_num_threads(1)
    out = tmp_path_factory.mktemp("segmenter") / "run"
    return train(Held(parts[:27]), parts[27:], out, small_config(), facts={"data": "parts"})


@pytest.fixture(scope="session")
def exported(trained: TrainResult, parts: list[Example], tmp_path_factory: pytest.TempPathFactory) -> Path:
    from tools.segmentation.export import export

    out = tmp_path_factory.mktemp("exported") / "files"
    export(trained.model, out, parts)
    return out
