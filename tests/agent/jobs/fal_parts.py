"""What the tests of pictures from fal.ai share: the emulator, a photo, one picture drawn on account of a job."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from typing import Any

import numpy as np

from agent.jobs.fal import LedgerAsk, Unwatched
from agent.settings import Settings
from tools.blueprint.model import Blueprint
from tools.generation.fal import Connection, FalGenerator


def load_emulator() -> Any:
    path = Path(__file__).parents[2] / "live" / "fal_emulator.py"
    spec = importlib.util.spec_from_file_location("fal_emulator", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["fal_emulator"] = module
    spec.loader.exec_module(module)
    return module


def photo(seed: int = 0) -> np.ndarray[Any, np.dtype[np.uint8]]:
    grey = (130 + np.random.default_rng(seed).normal(0, 4, (128, 160, 1))).clip(0, 255).astype(np.uint8)
    return np.repeat(grey, 3, axis=2)


def draw(settings: Settings, seed: int = 1, job: str = "job", spend: float | None = None) -> Any:
    ask = LedgerAsk(settings, job, spend, Unwatched())
    return FalGenerator(Connection(ask)).generate(Blueprint(defect_type="scratch"), photo(), seed)
