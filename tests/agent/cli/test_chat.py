"""`redrabbit chat --script` and `redrabbit demo`."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from agent.cli.main import main
from agent.script import read_line


def test_lines_attach_files() -> None:
    assert read_line('look @a.png @"b c.png" here') == ("look here", [Path("a.png"), Path("b c.png")])
    assert read_line("# a comment") is None
    assert read_line("  ") is None


def test_a_script_as_json(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    script = tmp_path / "script.txt"
    script.write_text("# a talk\na 3 mm scratch on brass\n\nwider\n@nowhere.png\n")
    assert main(["chat", "--script", str(script), "--json", "--inline"]) == 0
    turns = json.loads(capsys.readouterr().out)["turns"]
    assert [turn["text"] for turn in turns] == ["a 3 mm scratch on brass", "wider", ""]
    assert turns[0]["events"][0]["kind"] == "blueprint"
    assert turns[2]["events"][0]["kind"] == "error"


def test_a_script_as_a_transcript(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    script = tmp_path / "script.txt"
    script.write_text("a scratch\n")
    assert main(["chat", "--script", str(script), "--inline"]) == 0
    assert "**You:** a scratch" in capsys.readouterr().out


@pytest.mark.parametrize("name", ["missing.txt", "folder"])
def test_an_unreadable_script_is_bad_input(tmp_path: Path, name: str, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "folder").mkdir()
    assert main(["chat", "--script", str(tmp_path / name), "--inline"]) == 2
    assert capsys.readouterr().err.count("\n") == 1


@pytest.mark.slow
def test_the_demo_leaves_everything(tmp_path: Path) -> None:
    out = tmp_path / "demo"
    assert main(["demo", "--out", str(out)]) == 0
    for name in ("transcript.md", "lineup.png", "overlay.png", "report.json", "report.html", "results.jsonl"):
        assert (out / name).stat().st_size > 0, name
    assert list((out / "dataset" / "ground_truth").rglob("*_mask.png"))
    assert (out / "detector" / "bundle.json").is_file()
