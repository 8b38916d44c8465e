"""The parsing evaluation: its sets are what they claim to be, and the parser keeps its level."""

from __future__ import annotations

from pathlib import Path

from evals.parsing.main import run
from evals.parsing.score import FIELDS, load, same
from tools.blueprint.registry import DEFECT_TYPES


def test_the_first_set_is_hard_and_complete() -> None:
    cases = load(["first"])
    assert len(cases) >= 120
    assert {case.expect.get("defect_type") for case in cases} - {None} == set(list(DEFECT_TYPES)[:12])
    assert all(set(case.expect) <= set(FIELDS) for case in load())


def test_the_level(tmp_path: Path) -> None:
    result = run(seed=0, quick=False, out=tmp_path)
    assert result["all_fields"]["value"] >= 0.97
    assert result["spoken"]["value"] >= 0.95
    assert result["share_hard"] >= 0.25
    assert (tmp_path / "log.jsonl").read_text().count("\n") == result["sentences"]


def test_same() -> None:
    assert same([1, 2], [1.0, 2.001])
    assert not same([1, 2], None)
    assert same(None, None)
