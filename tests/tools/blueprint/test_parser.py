"""Sentences → Blueprints: attachment, negation, typos, German, bad input, and that nothing ever raises."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tools.blueprint.errors import BlueprintError
from tools.blueprint.model import Blueprint, Origin
from tools.blueprint.parser import FIELDS, parse


def size(blueprint: Blueprint, field: str) -> tuple[float, float] | None:
    value = getattr(blueprint.geometry, field)
    return None if value is None else (value.min, value.max)


@pytest.mark.parametrize(
    ("text", "field", "expected"),
    [
        ("a 3 mm scratch on a 50 mm plate", "length_mm", (3, 3)),
        ("a 50 mm aluminium plate with a 3 mm scratch", "length_mm", (3, 3)),
        ("scratch, 3 mm long and 0.2 mm wide, on a pipe of 40 mm diameter", "width_mm", (0.2, 0.2)),
        ("scratch 3mm brass fitting top left", "length_mm", (3, 3)),
        ("a 2 mm pore in a 120 mm casting", "diameter_mm", (2, 2)),
        ("scratch of 3 x 0.2 x 0.1 mm", "depth_mm", (0.1, 0.1)),
        ("3 x 5 mm stain", "length_mm", (5, 5)),
        ("scratch between 2 and 3 mm", "length_mm", (2, 3)),
        ("the plate is 50 mm wide and has a scratch of 4 mm", "length_mm", (4, 4)),
        ("scratch 10 mm from the edge, 4 mm long", "length_mm", (4, 4)),
        ("ein 0,5 mm langer Kratzer auf einer 50 mm Platte", "length_mm", (0.5, 0.5)),
        ("1/8 inch scratch", "length_mm", (3.175, 3.175)),
        ("half an inch long scratch", "length_mm", (12.7, 12.7)),
        ("3 mm long, 0.2 wide scratch", "width_mm", (0.2, 0.2)),
    ],
)
def test_a_size_belongs_to_its_noun(text: str, field: str, expected: tuple[float, float]) -> None:
    assert size(parse(text).blueprint, field) == pytest.approx(expected)


def test_the_parts_size_is_not_the_defects() -> None:
    blueprint = parse("a scratch on a plate of 40 mm diameter").blueprint
    assert blueprint.geometry.diameter_mm is None
    assert blueprint.geometry.length_mm is None


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("no corrosion, just a stain", "stain"),
        ("not a scratch but a crack", "crack"),
        ("kein Kratzer, sondern ein Riss", "crack"),
        ("weder Riss noch Delle, nur ein Fleck", "stain"),
        ("paint run? no - orange stain 8mm", "stain"),
        ("no dents, scratches or cracks, only rust", "corrosion"),
        ("oxidised scratch", "scratch"),
        ("the scratch-resistant glass has a crack", "crack"),
        ("scrach on alumnium", "scratch"),
        ("the screw is missing", "missing_part"),
    ],
)
def test_which_defect(text: str, expected: str) -> None:
    assert parse(text).blueprint.defect_type == expected


@pytest.mark.parametrize(
    ("text", "level", "origin"),
    [
        ("critical crack", "critical", Origin.SAID),
        ("crack, stop the line", "critical", Origin.INFERRED),
        ("dent, cosmetic only", "minor", Origin.INFERRED),
        ("dent, not acceptable", "severe", Origin.INFERRED),
        ("Delle, rein kosmetisch", "minor", Origin.INFERRED),
    ],
)
def test_severity(text: str, level: str, origin: Origin) -> None:
    blueprint = parse(text).blueprint
    assert blueprint.severity == level
    assert blueprint.origin["severity"] is origin


def test_every_origin_is_stated() -> None:
    blueprint = parse("a 3 mm scratch").blueprint
    assert set(FIELDS) <= set(blueprint.origin)
    assert blueprint.origin["geometry.length_mm"] is Origin.SAID
    assert blueprint.origin["count"] is Origin.INFERRED
    assert blueprint.origin["material"] is Origin.UNKNOWN


@pytest.mark.parametrize(
    ("text", "needle"),
    [("scratch of 3 furlongs", "3 furlongs"), ("a dent 5 blips wide", "5 blips"), ("a 0 mm scratch", "0 mm")],
)
def test_an_unusable_size_is_asked(text: str, needle: str) -> None:
    parsed = parse(text)
    assert any(needle in question.text for question in parsed.questions)
    assert size(parsed.blueprint, "length_mm") is None


def test_contradictory_sizes_are_asked() -> None:
    parsed = parse("2 mm long 5 mm long scratch")
    assert parsed.blueprint.geometry.length_mm is None
    assert parsed.questions[0].field == "geometry.length_mm"
    assert parsed.questions[0].options == ("2 mm", "5 mm")


@pytest.mark.parametrize("text", ["", "   ", "asdf qwer zxcv", "🐇🐇", "?!?", "please help"])
def test_nonsense_is_unknown_and_asked(text: str) -> None:
    parsed = parse(text)
    assert parsed.blueprint.defect_type is None
    assert set(parsed.blueprint.origin.values()) == {Origin.UNKNOWN}
    assert parsed.questions[0].field == "defect_type"


def test_or_is_a_question() -> None:
    parsed = parse("scratch or crack, 5 mm")
    assert parsed.blueprint.defect_type is None
    assert parsed.questions[0].options == ("scratch", "crack")


def test_several_types_take_the_first_and_say_so() -> None:
    parsed = parse("a scratch and two dents")
    assert parsed.blueprint.defect_type == "scratch"
    assert any("dent" in warning for warning in parsed.warnings)


def test_a_bare_plural_is_asked() -> None:
    parsed = parse("scratches on glass")
    assert parsed.blueprint.count is None
    assert any(question.field == "count" for question in parsed.questions)


@pytest.mark.parametrize(
    ("text", "scale"),
    [("scratch, 0.05 mm per pixel", 0.05), ("scratch, 20 px = 1 mm", 0.05), ("Kratzer, 50 µm/px", 0.05)],
)
def test_scale(text: str, scale: float) -> None:
    blueprint = parse(text).blueprint
    assert blueprint.mm_per_px == pytest.approx(scale)
    assert blueprint.geometry.length_mm is None


def test_an_unknown_language_is_an_error() -> None:
    with pytest.raises(BlueprintError, match="xx"):
        parse("scratch", language="xx")


@settings(max_examples=150, deadline=None)
@given(st.text(max_size=120))
def test_any_text_parses(text: str) -> None:
    parsed = parse(text)
    assert len(parsed.questions) <= 3
    assert Blueprint.model_validate_json(parsed.blueprint.model_dump_json()) == parsed.blueprint


_WORDS = st.sampled_from(
    [
        "3",
        "0,5",
        "1/2",
        "mm",
        "inch",
        "x",
        "-",
        "to",
        "scratch",
        "Kratzer",
        "no",
        "kein",
        "not",
        "but",
        ",",
        ".",
        "(",
        "rust",
        "two",
        "a",
        "few",
        "plate",
        "top",
        "left",
        "or",
        "missing",
        "±",
        "deg",
        ")",
    ]
)


@settings(max_examples=150, deadline=None)
@given(st.lists(_WORDS, max_size=14))
def test_any_order_of_our_words_parses(words: list[str]) -> None:
    blueprint = parse(" ".join(words)).blueprint
    for field in ("length_mm", "width_mm", "depth_mm", "diameter_mm"):
        value = getattr(blueprint.geometry, field)
        assert value is None or 0 < value.min <= value.max


@pytest.mark.parametrize(
    "text",
    [
        "scratch on copper pipe dia 22 mm",
        "a scratch on copper pipe, dia 22 mm",
        "copper pipe dia 22 mm, scratch",
        "a scratch on the copper pipe, whose diameter is 22 mm",
        "copper pipe dia 22 mm",
        "crack in a tube with OD 22 mm",
        "the rubber seal has a cut 6 mm long and a diameter of 80 mm",
    ],
)
def test_a_diameter_after_a_part_is_the_parts(text: str) -> None:
    assert parse(text).blueprint.geometry.diameter_mm is None


@pytest.mark.parametrize(
    ("text", "kind"),
    [("Beulen von 6 mm in der Stahltür", "dent"), ("Beule auf der Dichtung", "bump"), ("dnt 5 mm", "dent")],
)
def test_words_that_depend_on_others_or_lack_their_vowels(text: str, kind: str) -> None:
    assert parse(text).blueprint.defect_type == kind


@pytest.mark.parametrize(
    ("text", "severity"),
    [
        ("stop the whole line: crack in the weld", "critical"),
        ("dent in the door, the customer would send it back", "severe"),
        ("no need to stop the line: a scratch on brass", "minor"),
    ],
)
def test_verdicts_in_several_words(text: str, severity: str) -> None:
    assert parse(text).blueprint.severity == severity
