"""Feedback in words asks for the right looks, in the right direction."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest

from tools.blueprint.model import Blueprint, Geometry, PositiveRange
from tools.evolution.feedback import gaps_of_feedback
from tools.evolution.problem import Example, Problem
from tools.generation.base_parts import render_part
from tools.generation.renderer import Renderer
from tools.scoring.appearance import SCALES, Looks, looks_of
from tools.scoring.case import Case, Term
from tools.scoring.terms import Geometry as GeometryTerm

DARK = Looks(contrast=-0.1, texture=0.0, softness=0.2, raggedness=0.1, size=0.1, tint=0.0)
BRIGHT = replace(DARK, contrast=0.1)


def gaps(name: str, score: float, words: str, looks: Looks | None = DARK) -> dict[str, float]:
    return gaps_of_feedback({name: Term(name, score, words)}, looks)


def test_nothing_wrong_asks_for_nothing() -> None:
    fine = {name: Term(name, 1.0) for name in ("visibility", "sharpness", "grain", "geometry", "placement")}
    assert gaps_of_feedback(fine, DARK) == {}
    assert gaps_of_feedback({}, None) == {}


@pytest.mark.parametrize("looks", [DARK, BRIGHT])
def test_hardly_visible_asks_for_more_contrast_of_the_same_sign(looks: Looks) -> None:
    found = gaps("visibility", 0.4, "hardly visible, dE 1.5 on a texture of 2.0", looks)["contrast"]
    assert math.copysign(1, found) == -math.copysign(1, looks.contrast)
    strong = gaps("visibility", 0.4, "contrast too strong, dE 60", looks)["contrast"]
    assert strong == -found


def test_without_looks_a_defect_is_taken_for_a_dark_one() -> None:
    assert gaps("visibility", 0.5, "hardly visible", None)["contrast"] > 0


def test_the_worse_the_score_the_wider_the_gap() -> None:
    assert abs(gaps("visibility", 0.1, "hardly visible")["contrast"]) > abs(
        gaps("visibility", 0.8, "hardly visible")["contrast"]
    )
    assert (
        gaps("sharpness", 0.2, "edges sharper than this camera's")["softness"]
        < gaps("sharpness", 0.9, "edges sharper than this camera's")["softness"]
        < 0
    )


def test_grain_asks_for_more_or_less_texture() -> None:
    assert gaps("grain", 0.5, "too clean: noise 0.3x of the photo's")["texture"] < 0
    assert gaps("grain", 0.5, "too noisy: noise 3x of the photo's")["texture"] > 0


@pytest.mark.parametrize(
    ("words", "ratio"), [("width 2.0x too large", 2.0), ("4 defects instead of 3; diameter 1.5x too small", 1 / 1.5)]
)
def test_sizes_are_read_as_ratios(words: str, ratio: float) -> None:
    assert gaps("geometry", 0.5, words)["size"] == pytest.approx(math.log(ratio) / SCALES["size"])


def test_geometry_without_a_size_asks_for_nothing() -> None:
    assert gaps("geometry", 0.5, "4 defects instead of 3") == {}


def test_the_words_that_the_terms_use_today_are_understood() -> None:
    """A defect of the wrong size and hardly to be seen, judged by the real terms without references."""
    photo = render_part("brushed_metal", size=(160, 160), seed=3)
    asked = Geometry(length_mm=PositiveRange(min=6, max=6))
    blueprint = Blueprint(defect_type="scratch", geometry=asked, mm_per_px=0.1)
    problem = Problem(blueprint, [photo], Renderer())
    faint = problem.evaluate("contrast -0.02", Example(0, 1))
    drawn = problem.draw("contrast -0.02", Example(0, 1))
    looks = looks_of(drawn.image, drawn.mask)
    assert looks is not None
    assert "visible" in faint.feedback
    assert faint.gaps["contrast"] * looks.contrast < 0
    smaller = Geometry(length_mm=PositiveRange(min=3, max=3))
    case = Case(blueprint.model_copy(update={"geometry": smaller}), photo, drawn.image, drawn.mask)
    term = GeometryTerm().score(case)
    assert gaps_of_feedback({"geometry": term}, looks)["size"] == pytest.approx(math.log(2) / SCALES["size"], rel=0.2)
