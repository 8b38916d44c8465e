"""MMAD-style question sets from a data set with masks."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from agent.cli.main import main
from evals.mmad.layout import LOCALIZATION, read_questions
from tools.vision.images import save_png

from .conftest import photo

SPOTS = {"hole": (12, 12), "pit": (50, 50)}


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """MVTec layout with two types of defects."""
    root = tmp_path / "set"
    for number in range(4):
        save_png(root / "train/good" / f"{number}.png", photo(number))
        save_png(root / "test/good" / f"{number}.png", photo(10 + number))
    for name, spot in SPOTS.items():
        for number in range(3):
            save_png(root / "test" / name / f"{number}.png", photo(20 + number, spot))
            rows, columns = np.mgrid[:64, :64]
            mask = ((columns - spot[0]) ** 2 + (rows - spot[1]) ** 2 < 36).astype(np.uint8) * 255
            save_png(root / "ground_truth" / name / f"{number}_mask.png", mask)
    return root


def test_questions_say_what_masks_prove(source: Path, tmp_path: Path) -> None:
    out = tmp_path / "questions"
    assert main(["eval", "mmad", "make", str(source), "--out", str(out), "--product", "round plate"]) == 0
    found = read_questions(out)
    assert found.label == "MMAD-style"
    assert found.missing_images == ()
    assert len(found.items) == 10
    assert {item.category for item in found.items} == {"round_plate"}
    for item in found.items:
        assert len(item.similar) == len(item.random) == 4
        assert item.normal == item.key.split("/")[3].startswith("good")
        for question, answer in zip(item.questions, item.answers, strict=True):
            if question.subtask == LOCALIZATION:
                wanted = "Top left." if "/hole/" in item.key else "Bottom right."
                assert question.options[answer] == wanted
    assert json.loads((out / "mmad.json").read_text())["_about"]["label"] == "MMAD-style"


def test_any_format_and_a_limit(source: Path, tmp_path: Path) -> None:
    assert main(["datasets", "convert", str(source), str(tmp_path / "coco"), "--format", "coco"]) == 0
    out = tmp_path / "questions"
    made = main(["eval", "mmad", "make", str(tmp_path / "coco"), "--out", str(out), "--product", "p", "--limit", "20"])
    assert made == 0
    assert 15 <= read_questions(out).n_questions <= 25


@pytest.mark.parametrize("spoil", ["nowhere", "no masks", "not empty"])
def test_bad_input_is_exit_code_2(source: Path, tmp_path: Path, spoil: str) -> None:
    out = tmp_path / "questions"
    if spoil == "no masks":
        for path in source.rglob("*_mask.png"):
            path.unlink()
    if spoil == "not empty":
        save_png(out / "x.png", photo(1))
    given = tmp_path / "nowhere" if spoil == "nowhere" else source
    assert main(["eval", "mmad", "make", str(given), "--out", str(out), "--product", "p"]) == 2
