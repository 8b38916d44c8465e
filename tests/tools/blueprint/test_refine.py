"""Changes by words, in both languages."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tools.blueprint.model import Blueprint, Origin
from tools.blueprint.parser import parse, refine
from tools.blueprint.versions import diff

START = parse("a 3 mm scratch, 0.2 mm wide, on brass, top left").blueprint


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("wider, and two of them", {"geometry.width_mm": {"min": 0.3, "max": 0.3}, "count": {"min": 2, "max": 2}}),
        ("make it 5 mm", {"geometry.length_mm": {"min": 5.0, "max": 5.0}}),
        ("on the left instead", {"placement.zone": "left"}),
        ("it's steel", {"material": "steel"}),
        ("no, a crack", {"defect_type": "crack"}),
        ("twice as long", {"geometry.length_mm": {"min": 6.0, "max": 6.0}}),
        ("2 mm longer", {"geometry.length_mm": {"min": 5.0, "max": 5.0}}),
        ("20% longer", {"geometry.length_mm": {"min": 3.6, "max": 3.6}}),
        ("one more", {"count": {"min": 2, "max": 2}}),
        ("doppelt so breit", {"geometry.width_mm": {"min": 0.4, "max": 0.4}}),
        ("noch einer", {"count": {"min": 2, "max": 2}}),
        ("oben rechts", {"placement.zone": "top_right"}),
        ("rotate it by 30 degrees", {"geometry.orientation_deg": 30.0}),
    ],
)
def test_changes(text: str, expected: dict[str, Any]) -> None:
    changed = refine(START, text).blueprint
    assert {change.path: change.new for change in diff(START, changed)} == expected
    assert all(changed.origin[path] is Origin.EDITED for path in expected)
    assert changed.version == START.version + 1


def test_nothing_recognised_is_a_question() -> None:
    result = refine(START, "asdf")
    assert result.blueprint == START
    assert "asdf" in result.questions[0].text


def test_an_unknown_unit_is_a_question() -> None:
    assert "3 blips" in refine(START, "3 blips").questions[0].text


def test_a_relative_change_of_an_unknown_size_says_where_it_started() -> None:
    result = refine(parse("a scratch").blueprint, "longer")
    assert result.blueprint.geometry.length_mm is not None
    assert result.warnings


_PHRASES = st.sampled_from(
    ["wider", "much", "a bit", "longer", "5 mm", "two", "left", "no", "crack", "darker", "half", "as long", "20%", "-3"]
)


@settings(max_examples=100, deadline=None)
@given(st.lists(_PHRASES, max_size=6))
def test_it_stays_a_blueprint(phrases: list[str]) -> None:
    changed = refine(START, " ".join(phrases)).blueprint
    assert Blueprint.model_validate_json(changed.model_dump_json()) == changed
