"""Diff, history, schema and files."""

from __future__ import annotations

from pathlib import Path

import pytest

from tools.blueprint.errors import BlueprintError
from tools.blueprint.files import dump_blueprint, load_blueprint
from tools.blueprint.model import Blueprint, Origin
from tools.blueprint.parser import parse
from tools.blueprint.versions import History, diff, json_schema

FIRST = parse("a 3 mm scratch on brass").blueprint


def test_diff() -> None:
    changed = FIRST.with_changes({"severity": "minor"}, Origin.EDITED)
    (change,) = diff(FIRST, changed)
    assert (change.path, change.old, change.new, change.origin) == ("severity", None, "minor", Origin.EDITED)
    assert diff(FIRST, FIRST) == ()


def test_history() -> None:
    history = History().append(FIRST).append(FIRST.with_changes({"material": "steel"}, Origin.EDITED))
    assert [len(changes) for _, changes in history.changes()] == [1]
    reverted = history.revert(1)
    assert reverted.get().material == "brass"
    assert reverted.get().version == 3
    assert len(history) == 2
    with pytest.raises(BlueprintError, match="no version 7"):
        history.get(7)


def test_schema_names_the_types() -> None:
    assert json_schema()["properties"]["defect_type"]["anyOf"][0]["enum"][:2] == ["scratch", "crack"]


def test_files(tmp_path: Path) -> None:
    path = tmp_path / "blueprint.json"
    path.write_text(dump_blueprint(FIRST), encoding="utf-8")
    assert load_blueprint(path) == FIRST
    for content, message in (("{", "no Blueprint"), ('{"severity": "bad"}', "severity")):
        path.write_text(content, encoding="utf-8")
        with pytest.raises(BlueprintError, match=message):
            load_blueprint(path)
    with pytest.raises(BlueprintError, match="cannot read"):
        load_blueprint(tmp_path / "nothing.json")


def test_a_bad_range_is_refused() -> None:
    with pytest.raises(ValueError, match="small to large"):
        Blueprint.model_validate({"geometry": {"length_mm": {"min": 3, "max": 2}}})
