"""Causes behind misreadings: portions of a mass, answers, contradictions, signs, clocks, and what counts as said."""

from __future__ import annotations

import pytest

from tools.blueprint.model import Origin
from tools.blueprint.parser import parse


@pytest.mark.parametrize(
    ("text", "kind", "count"),
    [
        ("a 3 x 5 mm patch of rust on the bonnet", "corrosion", 1),
        ("speck of rust, 0.8 mm", "corrosion", 1),
        ("three specks of rust on the lid", "corrosion", 3),
        ("a little rust on the lid", "corrosion", None),
        ("Kratzer auf Edelstahl, Anzahl 4", "scratch", 4),
        ("a dent every 200 mm along the profile", "dent", None),
        ("oil splash on steel, 25 mm", "contamination", 1),
    ],
)
def test_how_many(text: str, kind: str, count: int | None) -> None:
    blueprint = parse(text).blueprint
    assert blueprint.defect_type == kind
    assert (blueprint.count.min if blueprint.count else None) == count


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("looks like rust but isn't: it's a 6 mm brown stain on the tin lid", "stain"),
        ("I thought it was a crack, it is not; just a 3 mm hair", "contamination"),
        ("The 30 mm hole is intended; the defect is a 1 mm burr on it", "bump"),
        ("nylon strap: frayed? no. torn, 25 mm", "crack"),
        ("punch-through, 4 mm, in cardboard", "hole"),
        ("Beule 12 mm, Tiefe 1,5 mm, Kotflügel", "dent"),
    ],
)
def test_which_defect_is_meant(text: str, kind: str) -> None:
    assert parse(text).blueprint.defect_type == kind


@pytest.mark.parametrize("text", ["a scratch 3 mm long and 8 mm long", "a scratch, 2 mm long 5 mm long"])
def test_one_defect_has_one_length(text: str) -> None:
    parsed = parse(text)
    assert parsed.blueprint.geometry.length_mm is None
    assert [question.field for question in parsed.questions] == ["geometry.length_mm"]


@pytest.mark.parametrize("text", ["a 3 mm and an 8 mm scratch", "scratches 3 mm long and 8 mm long"])
def test_several_defects_have_a_range_of_lengths(text: str) -> None:
    length = parse(text).blueprint.geometry.length_mm
    assert length is not None
    assert (length.min, length.max) == (3, 8)


@pytest.mark.parametrize("text", ["a scratch, -3 mm long", "a scratch with a length of -3 mm", "scratch: minus 3 mm"])
def test_a_size_below_zero_is_asked_about(text: str) -> None:
    parsed = parse(text)
    assert parsed.blueprint.geometry.length_mm is None
    assert "above zero" in parsed.questions[0].text


@pytest.mark.parametrize(
    ("text", "zone"),
    [("scratch at nine o'clock", "left"), ("scuff at 2 o'clock", "top_right"), ("Kratzer auf drei Uhr", "right")],
)
def test_the_clock_says_where_and_is_no_size(text: str, zone: str) -> None:
    parsed = parse(text)
    assert parsed.blueprint.placement.zone == zone
    assert not any("o'clock" in question.text for question in parsed.questions)


@pytest.mark.parametrize(
    ("text", "value"), [("Loch von einem Viertelzoll", 6.35), ("Pore, drei Zehntelmillimeter groß", 0.3)]
)
def test_fractions_written_into_their_unit(text: str, value: float) -> None:
    diameter = parse(text).blueprint.geometry.diameter_mm
    assert diameter is not None
    assert diameter.max == pytest.approx(value)


def test_werkstoff_is_no_fabric() -> None:
    assert parse("Riss; Werkstoff: Stahl").blueprint.material == "steel"


@pytest.mark.parametrize(
    ("text", "path", "origin"),
    [
        ("a 3 mm scratch", "geometry.length_mm", Origin.SAID),
        ("a scratch up to 3 mm", "geometry.length_mm", Origin.INFERRED),
        ("crack longer than 10 mm", "geometry.length_mm", Origin.INFERRED),
        ("a stain of 2 cm²", "geometry.diameter_mm", Origin.INFERRED),
        ("missing screw", "defect_type", Origin.SAID),
        ("an oxidised surface", "defect_type", Origin.INFERRED),
        ("one scratch", "count", Origin.SAID),
        ("scratch", "count", Origin.INFERRED),
        ("scratch, scrap it", "severity", Origin.INFERRED),
        ("critical scratch", "severity", Origin.SAID),
        ("scratch 10 mm from the edge, 4 mm long", "placement.zone", Origin.INFERRED),
    ],
)
def test_what_was_said_and_what_is_inferred(text: str, path: str, origin: Origin) -> None:
    assert parse(text).blueprint.origin[path] == origin
