"""Style texts compile, always the same way, and can be edited without losing what else they say."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tools.blueprint.registry import DEFECT_TYPES
from tools.evolution.errors import EvolutionError
from tools.evolution.response import searchable
from tools.evolution.style_text import compile_text, edit_text, write_text
from tools.generation.renderer.renderer import parameters_of

TYPES = [item if isinstance(item, str) else item.name for item in DEFECT_TYPES]


def test_words_numbers_and_levels() -> None:
    found = compile_text("Very dark, strong burr; wobble 0.3, soft edge, full taper", "scratch")
    assert found.style == {"contrast": -0.7, "burr": 0.8, "wobble": 0.3, "edge_px": 3.0, "taper": 1.0}
    assert found.ignored == ()


def test_what_means_nothing_is_named_not_guessed() -> None:
    assert compile_text("like in the old days, burr 0.2", "scratch").ignored == ("like in the old days",)


def test_a_later_clause_wins() -> None:
    assert compile_text("burr 0.2, burr 0.9", "scratch").style == {"burr": 0.9}


@settings(max_examples=60, deadline=None)
@given(st.text(max_size=80), st.sampled_from(TYPES))
def test_any_text_compiles_to_allowed_values(text: str, defect_type: str) -> None:
    known = {parameter.name: parameter for parameter in parameters_of(defect_type)}
    for name, value in compile_text(text, defect_type).style.items():
        assert known[name].check(value, defect_type) == value


@settings(max_examples=40, deadline=None)
@given(st.data(), st.sampled_from(TYPES))
def test_an_edit_sets_what_it_should_and_keeps_the_rest(data: st.DataObject, defect_type: str) -> None:
    space = searchable(defect_type)
    style = {name: round(data.draw(st.floats(low, high)), 3) for name, low, high in space}
    text = write_text(style)
    before = compile_text(text, defect_type).style
    name, low, high = data.draw(st.sampled_from(space))
    after = compile_text(edit_text(text, {name: (low + high) / 2}, defect_type), defect_type).style
    assert after[name] == pytest.approx((low + high) / 2, abs=1e-3)
    assert {key: value for key, value in after.items() if key != name} == {
        key: pytest.approx(value, abs=1e-3) for key, value in before.items() if key != name
    }


def test_unknown_parameters_are_refused() -> None:
    with pytest.raises(EvolutionError, match="not a parameter of scratch"):
        edit_text("", {"branches": 2.0}, "scratch")
