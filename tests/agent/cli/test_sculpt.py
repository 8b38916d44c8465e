"""`redrabbit sculpt` and `redrabbit datasets` as a user calls them."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from agent.cli.main import main
from agent.cli.sculpt import understand
from tools.blueprint.model import Origin
from tools.errors import BadInputError
from tools.vision.images import load_image, save_png


@pytest.fixture
def good(tmp_path: Path) -> Path:
    rng = np.random.default_rng(5)
    for number in range(3):
        grey = rng.normal(120, 6, (90, 110)).clip(0, 255).astype(np.uint8)
        save_png(tmp_path / "good" / f"{number}.png", np.repeat(grey[..., None], 3, axis=2))
    return tmp_path / "good"


def call(*arguments: str | Path) -> int:
    return main([str(argument) for argument in arguments])


def test_sculpt_verify_convert_info(tmp_path: Path, good: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "set"
    command = ["sculpt", "a dark scratch", "--good", good, "--count", 3, "--seed", 4, "--out", out, "--yes", "--json"]
    assert call(*command) == 0
    captured = capsys.readouterr()
    document = json.loads(captured.out)
    assert document["n_images"] == 3
    assert document["complete"] is True
    assert document["blueprint"]["defect_type"] == "scratch"
    assert "nobody said" in captured.err
    for name in ("train/good", "test/good", "test/scratch", "ground_truth/scratch"):
        assert any((out / name).iterdir())
    lines = [json.loads(line) for line in (out / "lineage.jsonl").read_text().splitlines()]
    assert {"image", "mask", "source", "seed", "blueprint", "generator"} <= set(lines[0])
    assert set(np.unique(load_image(out / lines[0]["mask"]))) == {0, 255}

    assert call("datasets", "verify", out, "--json") == 0
    assert json.loads(capsys.readouterr().out)["ok"] is True
    assert call("datasets", "convert", out, tmp_path / "coco", "--format", "coco") == 0
    assert call("datasets", "info", tmp_path / "coco") == 0
    assert "coco, 6 images" in capsys.readouterr().out

    spoiled = load_image(out / lines[0]["image"]).copy()
    spoiled[0, 0] ^= 1
    save_png(out / lines[0]["image"], spoiled)
    assert call("datasets", "verify", out) == 1
    assert "1 pixels of the image differ" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("something is wrong here",), "no defect type"),
        (("a 3 mm scratch",), "--mm-per-px"),
        (("a scratch", "--mm-per-px", "-1"), "not above zero"),
        (("a scratch", "--count", "0"), "count 0"),
    ],
)
def test_one_line_of_error(
    tmp_path: Path, good: Path, capsys: pytest.CaptureFixture[str], arguments: tuple[str, ...], words: str
) -> None:
    assert call("sculpt", *arguments, "--good", good, "--out", tmp_path / "set") == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert words in captured.err.splitlines()[-1]


def test_missing_and_empty_folders(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert call("sculpt", "a scratch", "--good", tmp_path / "gone", "--out", tmp_path / "set") == 2
    assert "does not exist" in capsys.readouterr().err
    (tmp_path / "empty").mkdir()
    assert call("sculpt", "a scratch", "--good", tmp_path / "empty", "--out", tmp_path / "set") == 2
    assert "no image" in capsys.readouterr().err


def test_defaults_are_named(capsys: pytest.CaptureFixture[str]) -> None:
    blueprint = understand("a 3 mm scratch", mm_per_px=None, yes=True, ask=None)
    assert blueprint.mm_per_px == 0.1
    assert blueprint.origin["mm_per_px"] is Origin.DEFAULT
    assert "0.1 mm a pixel is taken" in capsys.readouterr().err


def test_questions_are_asked() -> None:
    asked: list[str] = []

    def ask(question: str, options: tuple[str, ...]) -> str:
        asked.append(question)
        return "0,05" if "millimetres" in question else ""

    blueprint = understand("a 3 mm scratch", mm_per_px=None, yes=False, ask=ask)
    assert blueprint.mm_per_px == 0.05
    assert any("millimetres" in question for question in asked)
    with pytest.raises(BadInputError, match="not a number"):
        understand(
            "a 3 mm scratch", mm_per_px=None, yes=False, ask=lambda question, options: "no idea" * ("mill" in question)
        )


def test_an_answer_becomes_part_of_the_blueprint() -> None:
    def ask(question: str, options: tuple[str, ...]) -> str:
        return "a dent" if "defect" in question.lower() or "kind" in question.lower() else ""

    assert understand("something is wrong on the lid", mm_per_px=None, yes=False, ask=ask).defect_type == "dent"


@pytest.mark.parametrize("text", ["a scratch of 3 furlongs", "a scratch 2 mm long 5 mm long", "a scratch, -3 mm long"])
def test_a_size_that_cannot_be_used_is_not_drawn_as_something_else(
    text: str, tmp_path: Path, good: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    command = ["sculpt", text, "--good", good, "--count", 1, "--out", tmp_path / "set", "--mm-per-px", 0.1]
    assert call(*command) == 2
    assert "--yes" in capsys.readouterr().err
    assert not (tmp_path / "set").exists()
    assert call(*command, "--yes") == 0
    assert "Left open: geometry.length_mm" in capsys.readouterr().err


def test_an_open_ended_size_needs_the_scale() -> None:
    with pytest.raises(BadInputError, match="--mm-per-px"):
        understand("a scratch up to 5 mm", mm_per_px=None, yes=False, ask=None)


@pytest.mark.parametrize("there", [False, True])
def test_bad_input_leaves_the_folder_free(there: bool, tmp_path: Path, good: Path) -> None:
    out = tmp_path / "set"
    if there:
        out.mkdir()
    command = ["sculpt", "a scratch, 5 mm", "--good", good, "--count", 1, "--out", out]
    assert call(*command, "--mm-per-px", 1000) == 2
    assert out.exists() == there
    assert not there or not any(out.iterdir())
    assert call(*command, "--mm-per-px", 0.1) == 0
