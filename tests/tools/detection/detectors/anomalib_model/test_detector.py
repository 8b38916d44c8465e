"""The wrapper says clearly that anomalib is absent, and hands over to it where it is there."""

from __future__ import annotations

import importlib.util
import sys
from types import ModuleType, SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from tools.detection.errors import DetectionInputError
from tools.detection.registry import build_detector


@pytest.mark.skipif(importlib.util.find_spec("anomalib") is not None, reason="anomalib is installed here")
def test_absent_is_said_clearly() -> None:
    with pytest.raises(DetectionInputError, match="environment of its own"):
        build_detector("anomalib:Patchcore")


class Brightness(torch.nn.Module):  # type: ignore[misc]  # torch is not typed here
    """Stands for a model: scores are how far the mean lies from the fitted one."""

    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("mean", torch.zeros(1))

    def forward(self, batch: torch.Tensor) -> Any:
        values = (batch.mean(dim=1) - self.mean).abs()
        return SimpleNamespace(pred_score=values.mean(dim=(1, 2)), anomaly_map=values[:, None])


class Engine:
    def __init__(self, **settings: Any) -> None:
        self.settings = settings

    def fit(self, model: Brightness, datamodule: Any) -> None:
        assert datamodule.normal_dir == "good"
        model.mean += 0.5


def test_hands_over_to_the_library(monkeypatch: pytest.MonkeyPatch, good_parts: list[NDArray[np.uint8]]) -> None:
    fakes: dict[str, dict[str, Any]] = {
        "anomalib.models": {"Brightness": Brightness},
        "anomalib.engine": {"Engine": Engine},
        "anomalib.data": {"Folder": SimpleNamespace},
        "lightning": {"seed_everything": lambda seed, workers: seed},
        "anomalib": {},
    }
    for name, members in fakes.items():
        module = ModuleType(name)
        module.__dict__.update(members)
        monkeypatch.setitem(sys.modules, name, module)
    detector = build_detector("anomalib:Brightness", size=(32, 32))
    detector.fit(good_parts[:2], seed=0)
    found = detector.predict([np.full((40, 60, 3), 255, np.uint8)])[0]
    assert found.score == pytest.approx(0.5, abs=1e-3)
    assert found.map.shape == (40, 60)
    again = build_detector("anomalib:Brightness", size=(32, 32))
    again.load_state(detector.state())
    assert again.predict([np.zeros((40, 60, 3), np.uint8)])[0].score == pytest.approx(0.5, abs=1e-3)
    with pytest.raises(DetectionInputError, match="no model"):
        build_detector("anomalib:Nothing")
