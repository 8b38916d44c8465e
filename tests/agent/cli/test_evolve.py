"""`redrabbit evolve`: words or a Blueprint in, a better look out."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from agent.cli.evolve import app
from agent.settings import get_settings
from tools.blueprint.model import Blueprint
from tools.generation import fal
from tools.generation.base_parts import render_part
from tools.vision.images import save_png

TEXT = "a faint scratch on brushed steel"


@pytest.fixture
def good(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    monkeypatch.setenv("REDRABBIT_DATA_DIR", str(tmp_path / "data"))
    get_settings.cache_clear()
    for seed in range(2):
        save_png(tmp_path / "good" / f"{seed}.png", render_part("brushed_metal", size=(96, 96), seed=seed))
    yield tmp_path / "good"
    get_settings.cache_clear()
    fal.connect(None)


def run(text: str, good: Path, out: Path, *more: str) -> Any:
    arguments = [text, "--good", str(good), "--out", str(out), "--evaluations", "12", "--accept", "1", *more]
    return CliRunner().invoke(app, arguments)


def test_one_document_on_stdout_and_progress_beside_it(good: Path, tmp_path: Path) -> None:
    done = run(TEXT, good, tmp_path / "run", "--json")
    assert done.exit_code == 0, done.output
    document = json.loads(done.stdout)
    assert document["best_score"] >= document["start_score"]
    assert document["spent_usd"] == 0
    assert "evolve: " in done.stderr
    kept = Blueprint.model_validate_json((tmp_path / "run" / "blueprint.json").read_bytes())
    assert kept == Blueprint.model_validate(document["blueprint"])
    assert Path(document["frontier"]).is_file()


def test_in_words(good: Path, tmp_path: Path) -> None:
    done = run(TEXT, good, tmp_path / "run")
    assert "score 0." in done.stdout
    assert "prompt: " in done.stdout
    assert str(tmp_path / "run" / "blueprint.json") in done.stdout


def test_a_blueprint_file_is_taken_and_the_same_folder_resumes(good: Path, tmp_path: Path) -> None:
    file = tmp_path / "scratch.json"
    file.write_text(Blueprint(defect_type="scratch", style={"contrast": 0.02}).model_dump_json())
    first = json.loads(run(str(file), good, tmp_path / "run", "--json").stdout)
    log = (tmp_path / "run" / "evaluations.jsonl").read_text()
    again = json.loads(run(str(file), good, tmp_path / "run", "--json").stdout)
    assert again == first
    assert (tmp_path / "run" / "evaluations.jsonl").read_text() == log


@pytest.mark.parametrize(
    ("text", "more", "sentence"),
    [
        ("missing.json", (), "missing.json is no Blueprint"),
        (TEXT, ("--references", "nowhere"), "nowhere"),
        (TEXT, ("--generator", "magic"), "no generator 'magic'"),
        (TEXT, ("--generator", "fal"), "set REDRABBIT_FAL_KEY"),
    ],
)
def test_bad_input_is_one_sentence(
    good: Path, tmp_path: Path, text: str, more: tuple[str, ...], sentence: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert sentence in str(run(text, good, tmp_path / "run", *more).exception)


def test_money_stops_it(good: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from tools.evolution import automatic
    from tools.generation.renderer import Renderer

    class Priced(Renderer):
        usd_per_image = 1.0

    monkeypatch.setattr(automatic, "get_generator", lambda name: Priced())
    poor = run(TEXT, good, tmp_path / "poor", "--usd", "3")
    assert "$3.00 does not pay for the first 4 pictures, which cost about $4.00" in str(poor.exception)
    document = json.loads(run(TEXT, good, tmp_path / "run", "--usd", "7", "--json").stdout)
    assert document["spent_usd"] == document["evaluations"] == 4
    done = run(TEXT, good, tmp_path / "words", "--usd", "7")
    assert "spent: $4.00" in done.stdout


def test_clip_judges_too_where_its_weights_are_set(good: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REDRABBIT_BACKBONE", f"clip:{tmp_path}")
    get_settings.cache_clear()
    assert str(tmp_path) in str(run(TEXT, good, tmp_path / "run").exception)
