"""The segment commands as a user types them."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from agent.cli.main import main
from tools.vision.images import load_image, save_png


@pytest.fixture
def data(tmp_path: Path) -> Path:
    for index in range(6):
        rng = np.random.default_rng(index)
        image = (120 + rng.normal(0, 5, (64, 64, 3))).clip(0, 255).astype(np.uint8)
        mask = np.zeros((64, 64), np.uint8)
        if index % 2:
            mask[20:34, 10 + index * 4 : 26 + index * 4] = 255
            image[mask > 0] = 20
        save_png(tmp_path / "data" / "images" / f"{index}.png", image)
        save_png(tmp_path / "data" / "masks" / f"{index}.png", mask)
    return tmp_path / "data"


def test_train_eval_and_predict(data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run = tmp_path / "run"
    command = ["segment", "train", "--data", str(data), "--out", str(run), "--size", "64", "--epochs", "1", "--json"]
    assert main([*command, "--steps", "2", "--batch", "4", "--device", "cpu"]) == 0
    trained = json.loads(capsys.readouterr().out)
    assert trained["classes"] == ["defect"]
    assert (run / "curve.png").exists()
    assert main(["segment", "eval", "--model", str(run), "--data", str(data), "--json"]) == 0
    figures = json.loads(capsys.readouterr().out)
    assert {"dice", "iou", "pixel_ap", "region_recall", "calibration_error", "by_class", "by_size"} <= set(figures)
    assert main(["segment", "eval", "--model", str(run), "--data", str(data)]) == 0
    assert "by size" in capsys.readouterr().out
    out = tmp_path / "found"
    photos = str(data / "images")
    assert main(["segment", "predict", photos, "--model", str(run), "--out", str(out), "--save-maps", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["photos"] == 6
    first = json.loads((out / "predictions.jsonl").read_text().splitlines()[0])
    assert load_image(Path(first["mask"])).shape == (64, 64, 3)
    assert np.load(first["map"]).dtype == np.float32


def test_words_alone_train_too(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("agent.cli.segment_data.VALIDATION_DRAWS", 4)
    save_png(tmp_path / "good" / "a.png", np.full((96, 96, 3), 140, np.uint8))
    command = ["segment", "train", "--text", "a dark void", "--good", str(tmp_path / "good"), "--name", "voids"]
    assert main([*command, "--size", "32x32", "--epochs", "1", "--steps", "1", "--batch", "2", "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert document["classes"] == ["void"]
    assert Path(document["model"]).parts[-3:] == ("training", "voids", "model")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["train", "--out", "{tmp}/x"], "nothing to train on"),
        (["train", "--data", "{data}"], "--out FOLDER"),
        (["train", "--data", "{data}", "--out", "{tmp}/x", "--size", "big"], "is no size"),
        (["train", "--data", "{data}", "--out", "{tmp}/x", "--size", "50"], "multiples of 32"),
        (["train", "--data", "{tmp}/none", "--out", "{tmp}/x"], "does not exist"),
        (["train", "--text", "a dent", "--out", "{tmp}/x"], "--good"),
        (["train", "--data", "{data}", "--out", "{tmp}/x", "--loss", "hinge"], "loss"),
        (["eval", "--model", "{tmp}", "--data", "{data}"], "is not a model"),
        (["export", "--model", "{tmp}", "--out", "{tmp}/x"], "is not a model"),
        (["predict", "{data}", "--model", "{tmp}/none", "--out", "{tmp}/x"], "is not a model"),
    ],
)
def test_bad_input_is_one_line_and_exit_2(
    arguments: list[str], words: str, data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["segment", *(each.format(tmp=tmp_path, data=data) for each in arguments)]) == 2
    said = capsys.readouterr().err.strip()
    assert words in said
    assert len(said.splitlines()) == 1
