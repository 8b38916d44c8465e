"""The belief moves towards what a person chooses and away from what they complain about."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from tools.blueprint.model import Blueprint
from tools.evolution.problem import Example, Problem
from tools.evolution.taste import LOOKS, Taste, coordinates
from tools.generation.base_parts import render_part
from tools.generation.registry import get_generator
from tools.scoring.appearance import Looks, gaps, looks_of, sentence

START = "contrast 0.3, edge 0.7, wobble 0, size factor 0.6"


@pytest.fixture(scope="module")
def look() -> Callable[[str], Looks | None]:
    problem = Problem(
        Blueprint(defect_type="scratch"), [render_part("brushed_metal", size=(128, 128), seed=3)], get_generator()
    )

    def see(text: str) -> Looks | None:
        drawn = problem.draw(text, Example(0, 0))
        return looks_of(drawn.image, drawn.mask)

    return see


def test_a_complaint_moves_the_belief_to_the_other_side(look: Callable[[str], Looks | None]) -> None:
    taste = Taste(START, look, "scratch")
    looks = look(START)
    assert looks is not None
    before = taste.target()[LOOKS.index("contrast")]
    assert taste.complain(looks, "too bright")
    assert taste.target()[LOOKS.index("contrast")] < min(before, coordinates(looks)[0])
    assert not taste.complain(looks, "not this material")


def test_choices_lead_to_what_is_meant(look: Callable[[str], Looks | None]) -> None:
    wanted = look("contrast -0.6, edge 2, wobble 0.3, size factor 1.5")
    assert wanted is not None
    taste, champion = Taste(START, look, "scratch", seed=1), START

    def off(text: str) -> float:
        seen = look(text)
        assert seen is not None
        return float(np.linalg.norm(coordinates(seen) - coordinates(wanted)))

    start = off(champion)
    for _ in range(10):
        challenger = taste.challenger(champion)
        first, second = look(champion), look(challenger)
        assert first is not None
        assert second is not None
        better = off(challenger) < off(champion)
        taste.choose(first, second, "2" if better else "1")
        champion = challenger if better else champion
    assert off(champion) < 0.5 * start


def test_the_same_seed_asks_the_same(look: Callable[[str], Looks | None]) -> None:
    assert Taste(START, look, "scratch", seed=2).challenger(START) == Taste(START, look, "scratch", seed=2).challenger(
        START
    )


def test_feedback_is_in_words_largest_first() -> None:
    want = Looks(contrast=-0.4, texture=0.02, softness=0.3, raggedness=0.2, size=0.1, tint=0.0)
    have = Looks(contrast=-0.1, texture=0.02, softness=0.3, raggedness=0.2, size=0.2, tint=0.0)
    assert sentence(gaps(have, want)) == "too bright (3.8), too large (2.0)"
    assert sentence(gaps(want, want)) == ""
