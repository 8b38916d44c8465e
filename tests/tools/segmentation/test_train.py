from __future__ import annotations

import csv
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
import torch

from tools.segmentation import checkpoint
from tools.segmentation.config import train_config
from tools.segmentation.errors import SegmentationInputError
from tools.segmentation.examples import Example, Held
from tools.segmentation.losses import IGNORE, bce_dice, class_loss, focal, focal_dice
from tools.segmentation.model import load_model, pick_device, read_card
from tools.segmentation.train import TrainResult, rate_at, train

from .conftest import small_config

SCRIPT = """
import sys; from pathlib import Path; import torch
torch.set_num_threads(1)
sys.path.insert(0, {tests!r})
from conftest import part, small_config
from tools.segmentation.examples import Held
from tools.segmentation.train import train
parts = [part(index) for index in range(12)]
train(Held(parts[:9]), parts[9:], Path({out!r}), small_config(epochs=4, steps_per_epoch=3))
"""


def test_it_learns_and_leaves_curve_picture_and_checkpoints(trained: TrainResult) -> None:
    run = trained.model.parent
    assert trained.complete
    assert trained.card.metrics["val_dice"] > 0.8
    assert checkpoint.list_epochs(run) == list(range(1, 9))
    rows = list(csv.DictReader((run / "curve.csv").open()))
    assert len(rows) == 8
    assert float(rows[-1]["loss"]) < float(rows[0]["loss"])
    assert (run / "curve.png").stat().st_size > 5000
    assert not list(run.rglob("*.pkl"))
    assert read_card(trained.model).classes == ("hole", "scratch")


def test_the_kept_epoch_is_the_best_one(trained: TrainResult) -> None:
    best = max(row["val_dice"] for row in trained.curve)
    assert trained.card.metrics["val_dice"] == pytest.approx(best, abs=2e-3)


def test_killed_and_started_again_it_ends_the_same(parts: list[Example], tmp_path: Path) -> None:
    torch.set_num_threads(1)
    config = small_config(epochs=4, steps_per_epoch=3)
    whole = train(Held(parts[:9]), parts[9:12], tmp_path / "whole", config)
    out = tmp_path / "killed"
    script = SCRIPT.format(tests=str(Path(__file__).parent), out=str(out))
    process = subprocess.Popen([sys.executable, "-c", script], cwd=Path(__file__).parents[3])
    while not checkpoint.list_epochs(out) and process.poll() is None:
        time.sleep(0.01)
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    assert not (out / "model").exists()
    resumed = train(Held(parts[:9]), parts[9:12], out, config)
    for (name, value), other in zip(
        load_model(whole.model)[0].state_dict().items(), load_model(resumed.model)[0].state_dict().values(), strict=True
    ):
        assert torch.equal(value, other), name
    assert resumed.card.threshold == whole.card.threshold


def test_it_stops_early_and_when_asked(parts: list[Example], tmp_path: Path) -> None:
    config = small_config(epochs=30, steps_per_epoch=1, patience=2, peak_rate=1e-9, average=0.0)
    tired = train(Held(parts[:9]), parts[9:12], tmp_path / "tired", config)
    assert len(tired.curve) < 30
    stopped = train(Held(parts[:9]), [], tmp_path / "stopped", small_config(), should_stop=lambda: True)
    assert not stopped.complete
    assert stopped.curve == []


def test_another_run_in_the_folder_is_refused(trained: TrainResult, parts: list[Example], tmp_path: Path) -> None:
    with pytest.raises(SegmentationInputError, match="another --out"):
        train(Held(parts), [], trained.model.parent, small_config(seed=5))
    (tmp_path / "notes.txt").write_text("mine")
    with pytest.raises(SegmentationInputError, match="not empty"):
        train(Held(parts), [], tmp_path, small_config())


def test_it_starts_from_another_model(trained: TrainResult, parts: list[Example], tmp_path: Path) -> None:
    renamed = [Example(each.image, each.mask, each.label.replace("hole", "pit"), each.name) for each in parts]
    config = small_config(epochs=1, steps_per_epoch=1, peak_rate=1e-9)
    tuned = train(Held(renamed), renamed[27:], tmp_path / "tuned", config, start_from=trained.model)
    assert tuned.card.classes == ("pit", "scratch")
    assert tuned.card.metrics["val_dice"] > 0.5


def test_settings_are_checked() -> None:
    with pytest.raises(SegmentationInputError, match="multiples of 32"):
        train_config(size_hw=(100, 64))
    with pytest.raises(SegmentationInputError, match="loss"):
        train_config(loss="hinge")
    assert pick_device("cpu") == "cpu"


def test_the_rate_rises_and_falls() -> None:
    config = train_config(epochs=10, steps_per_epoch=10)
    rates = [rate_at(step, config) for step in range(100)]
    assert np.argmax(rates) == pytest.approx(15, abs=1)
    assert rates[0] < 0.1 * config.peak_rate
    assert rates[-1] < 0.01 * config.peak_rate


def test_losses_fall_when_the_mask_is_right() -> None:
    truth = torch.zeros(2, 1, 8, 8)
    truth[0, 0, 2:5, 2:5] = 1
    right, wrong = (truth * 2 - 1) * 6, -(truth * 2 - 1) * 6
    for loss in (bce_dice, focal, focal_dice):
        assert loss(right, truth) < 0.1 * loss(wrong, truth)
    kinds = torch.tensor([1, IGNORE])
    logits = torch.zeros(2, 3, 8, 8)
    logits[:, 1] = 5
    assert class_loss(logits, truth, kinds) < 0.05
    assert class_loss(logits, torch.zeros_like(truth), kinds) == 0
