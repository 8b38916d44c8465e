"""Widths out of words without a number."""

import pytest

from tools.blueprint.hints import with_oxide, with_width_in_words
from tools.blueprint.model import Origin
from tools.blueprint.parser import parse, refine
from tools.blueprint.registry import DEFECT_TYPES

USUAL = DEFECT_TYPES["scratch"].defaults["width_mm"]


@pytest.mark.parametrize(
    ("text", "narrow"),
    [
        ("a thin scratch on brass", True),
        ("a long, narrow scratch on steel", True),
        ("two fine scratches on thick glass", True),
        ("the scratch is very thin", True),
        ("a hairline scratch, 6 mm", True),
        ("ein dünner Kratzer auf Messing", True),
        ("ein haarfeiner Kratzer", True),
        ("a wide scratch on a thin plate", False),
        ("ein breiter Kratzer", False),
        ("ein langer, dicker Kratzer auf Stahl", False),
    ],
)
def test_an_adjective_sets_a_part_of_the_usual_range(text: str, narrow: bool) -> None:
    found = with_width_in_words(parse(text).blueprint, text)
    width = found.geometry.width_mm
    assert width is not None
    assert USUAL.min <= width.min < width.max <= USUAL.max
    assert width.max < 0.2 if narrow else width.min > 0.15
    assert found.origin["geometry.width_mm"] == Origin.INFERRED
    more = "breiter" if parse(text).language == "de" else "wider"
    wider = refine(found, more).blueprint.geometry.width_mm
    assert wider is not None
    assert (wider.min, wider.max) == pytest.approx((1.5 * width.min, 1.5 * width.max))


@pytest.mark.parametrize(
    "text",
    [
        "a scratch on a thin plate",
        "a scratch on brass, the plate is thin",
        "a thick plate with a scratch",
        "a scratch, not thin, on brass",
        "a thin dent",
        "ein Kratzer auf dünnem Blech",
        "a 5 mm wide plate with a scratch",
    ],
)
def test_what_is_said_of_something_else_sets_nothing(text: str) -> None:
    assert with_width_in_words(parse(text).blueprint, text).geometry.width_mm is None


@pytest.mark.parametrize("text", ["a scratch, 3 mm wide", "a scratch 0.1 mm thick", "a thin scratch, width 0.2 mm"])
def test_a_number_outweighs_the_adjective(text: str) -> None:
    blueprint = parse(text).blueprint
    assert blueprint.geometry.width_mm is not None
    assert with_width_in_words(blueprint, text) == blueprint


@pytest.mark.parametrize(
    ("text", "dark"),
    [
        ("3 mm oxidised scratch on a curved brass fitting", True),
        ("two tarnished dents on the lid", True),
        ("an oxidised scratch", True),
        ("a set of oxidised scratches", True),
        ("der oxidierte Kratzer", True),
        ("the oxidised steel plate has a scratch", False),
        ("oxidised steel with a scratch", False),
        ("ein oxidierter Kratzer auf Messing", True),
        ("a scratch on oxidised steel", False),
        ("a bright oxidised scratch", False),
        ("an oxidised spot on steel", False),
        ("a scratch on brass", False),
    ],
)
def test_oxide_is_dark_and_matt_unless_something_else_was_said(text: str, dark: bool) -> None:
    before = parse(text).blueprint
    found = with_oxide(before, text)
    if not dark:
        assert found.appearance.contrast == before.appearance.contrast
        return
    assert found.appearance.contrast is not None
    assert found.appearance.contrast.max < 0
    assert found.appearance.gloss == "matt"
    assert found.origin["appearance.contrast"] == Origin.INFERRED
