"""Templates: every key in both languages, every outcome and intent worded."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml

from agent.models.offline.router import get_router
from agent.toolbelt import TOOLS
from agent.wording import PROMPTS, has_template, load_prompt, number, say, summarise, value_label
from tools.blueprint.parser import parse

TOOLBELT = Path(__file__).parents[2] / "agent" / "toolbelt"


def test_german_has_what_english_has() -> None:
    english, german = (yaml.safe_load((PROMPTS / f"wording_{code}.yaml").read_text()) for code in ("en", "de"))
    assert set(english) - set(german) == set()
    for key, text in english.items():
        assert set(re.findall(r"{(\w+)}", text)) == set(re.findall(r"{(\w+)}", german[key])), key


def test_every_outcome_has_words() -> None:
    code = "\n".join(path.read_text() for path in TOOLBELT.glob("*.py"))
    for key in set(re.findall(r'Outcome\(\s*"(\w+)"', code)) | set(re.findall(r'say\(\s*"(\w+)"', code)):
        assert has_template(key), key


def test_every_intent_can_be_offered() -> None:
    talk = {"greeting", "thanks", "out_of_scope"}
    for name in get_router().intents:
        assert has_template(name if name in talk else f"intent_{name}"), name


def test_missing_facts_leave_no_holes() -> None:
    assert say("blueprint_made", "en", summary="scratch") == "Understood: scratch."


def test_numbers_and_values() -> None:
    assert (number(0.05, "en"), number(0.05, "de")) == ("0.05", "0,05")
    assert value_label("geometry.length_mm", {"min": 2.0, "max": 4.0}) == "2–4 mm"
    assert value_label("material", "brass", "de") == "Messing"
    assert value_label("count", None) == "unknown"


@pytest.mark.parametrize(("language", "words"), [("en", ("scratch", "3 mm")), ("de", ("Kratzer", "Messing"))])
def test_a_blueprint_in_one_line(language: str, words: tuple[str, ...]) -> None:
    line = summarise(parse("a 3 mm scratch on brass").blueprint, language)
    assert all(word in line for word in words)
    assert "\n" not in line


def test_the_system_prompt_names_only_tools_that_exist() -> None:
    named = set(re.findall(r"`(\w+_\w+)`", load_prompt("system")))
    assert named <= set(TOOLS)
