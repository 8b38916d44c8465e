"""A budget in money stops an evolution before it is overspent, whatever the generator names its price by."""

from __future__ import annotations

from pathlib import Path

import pytest

from tools.blueprint.model import Blueprint
from tools.evolution.engine import Budget, Evolution, evolve
from tools.evolution.errors import EvolutionError
from tools.evolution.problem import Example, Problem
from tools.evolution.proposers import RuleProposer
from tools.generation.base_parts import render_part
from tools.generation.protocol import Rendering
from tools.generation.renderer import Renderer
from tools.vision.types import RgbImage

EXAMPLES = [Example(0, 0), Example(0, 1)]
START = "contrast 0.3, edge 0.7, wobble 0, size factor 0.6"


class Priced(Renderer):
    """The renderer, for money."""

    usd_per_image = 0.5

    def __init__(self) -> None:
        super().__init__()
        self.drawn = 0

    def generate(self, blueprint: Blueprint, photo: RgbImage, seed: int) -> Rendering:
        self.drawn += 1
        return super().generate(blueprint, photo, seed)


class Counting(Priced):
    """It says what it spent: every third picture took two tries."""

    spent_usd = 0.0

    def generate(self, blueprint: Blueprint, photo: RgbImage, seed: int) -> Rendering:
        drawn = super().generate(blueprint, photo, seed)
        self.spent_usd += 1.0 if self.drawn % 3 == 0 else 0.5
        return drawn


def problem(generator: Renderer, folder: Path | None = None) -> Problem:
    photos = [render_part("brushed_metal", size=(96, 96), seed=3)]
    bare = Problem(Blueprint(defect_type="scratch"), photos, Renderer())
    drawn = bare.draw("contrast -0.6, edge 2.5, wobble 0.2, size factor 1.6", Example(0, 50))
    references = [(drawn.image, drawn.mask)]
    return Problem(Blueprint(defect_type="scratch"), photos, generator, references=references, folder=folder)


def run(one: Problem, usd: float | None, evaluations: int = 40) -> Evolution:
    return evolve(one, START, EXAMPLES, RuleProposer("scratch"), budget=Budget(evaluations, 1.1, None, usd), seed=0)


def test_the_budget_stops_it_before_it_is_overspent() -> None:
    generator = Priced()
    one = problem(generator)
    run(one, 5.2)
    assert generator.drawn <= 10
    assert one.spent_usd == pytest.approx(0.5 * generator.drawn)
    assert 5.2 - 2 * 0.5 < one.spent_usd + 0.5 <= 5.2 + 0.5
    free = Priced()
    run(problem(free), None, evaluations=24)
    assert free.drawn > 10


def test_what_was_really_spent_counts() -> None:
    generator = Counting()
    one = problem(generator)
    run(one, 6.0)
    assert one.spent_usd == pytest.approx(generator.spent_usd)
    assert generator.drawn > 2
    assert one.spent_usd <= 6.0


def test_the_renderer_costs_nothing() -> None:
    one = problem(Renderer())
    assert run(one, 0.0, evaluations=16).evaluations > len(EXAMPLES)
    assert one.spent_usd == 0.0


def test_a_budget_that_does_not_pay_for_the_start_is_refused() -> None:
    generator = Priced()
    with pytest.raises(EvolutionError, match=r"\$0.60 does not pay for the first 2 pictures, .* \$1.00; allow more"):
        run(problem(generator), 0.6)
    assert generator.drawn == 0


def test_a_run_that_goes_on_remembers_what_was_paid(tmp_path: Path) -> None:
    first = problem(Priced(), tmp_path)
    found = run(first, 4.0)
    generator = Priced()
    again = problem(generator, tmp_path)
    assert run(again, 4.0) == found
    assert generator.drawn == 0
    assert again.spent_usd == first.spent_usd > 0
