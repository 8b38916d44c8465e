"""The results page says what the files say, with the command that measured it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from agent.cli.main import main
from evals.registry import EVALUATIONS, available, run_evaluation
from evals.results import write_page
from tools.errors import BadInputError


def test_the_page_has_each_figure_and_its_command(tmp_path: Path) -> None:
    result = {
        "name": "parsing",
        "seed": 3,
        "quick": False,
        "command": "redrabbit eval run parsing --seed 3",
        "commit": "abc",
        "machine": {"cpu": "x", "cores": 2},
        "seconds": 1.5,
        "fields": {"count": {"value": 0.9, "low": 0.8, "high": 0.95}, "n": 7, "memory": [1, 2.5, 3]},
    }
    (tmp_path / "parsing.json").write_text(json.dumps(result))
    assert write_page(tmp_path, tmp_path / "page.md") == 1
    page = (tmp_path / "page.md").read_text()
    assert "`redrabbit eval run parsing --seed 3`" in page
    assert "| fields.count | 0.900 (0.800 to 0.950) |" in page
    assert "| fields.n | 7 |" in page
    assert "| fields.memory | 1, 2.5, 3 |" in page


def test_list_is_one_json_document_of_what_exists(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["eval", "list", "--json"]) == 0
    listed = json.loads(capsys.readouterr().out)
    assert listed == available()
    assert set(listed) <= set(EVALUATIONS)


def test_an_unknown_evaluation_is_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(BadInputError, match="there are"):
        run_evaluation("nothing", seed=0, quick=True, out=tmp_path)
    assert main(["eval", "run", "nothing"]) == 2
    assert capsys.readouterr().err.count("\n") == 1


def test_parsing_runs_and_writes_its_envelope(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    target = tmp_path / "parsing.json"
    assert main(["eval", "run", "parsing", "--quick", "--json", str(target), "--out", str(tmp_path / "work")]) == 0
    found = json.loads(target.read_text())
    assert found == json.loads(capsys.readouterr().out)
    assert {"name", "seed", "command", "commit", "machine", "seconds"} <= set(found)
