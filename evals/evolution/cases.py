"""The cases of both studies: a Blueprint, photos of good parts, a hidden target and a poor start."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from tools.blueprint.model import Blueprint, Severity
from tools.evolution.problem import Example, Problem
from tools.evolution.response import searchable
from tools.evolution.style_text import edit_text
from tools.generation.base_parts import render_part
from tools.generation.registry import get_generator

BLUEPRINTS: tuple[tuple[str, str, Severity | None], ...] = (
    ("scratch", "brushed_metal", None),
    ("scratch", "moulded_plastic", Severity.SEVERE),
    ("crack", "cast_metal", None),
    ("crack", "ceramic", Severity.MODERATE),
    ("void", "cast_metal", None),
    ("void", "chip_xray", Severity.MODERATE),
    ("stain", "weave", None),
    ("stain", "brushed_metal", Severity.MINOR),
    ("corrosion", "brushed_metal", None),
    ("dent", "moulded_plastic", None),
    ("discolouration", "leather", None),
    ("contamination", "ceramic", None),
)
SIZE = (192, 192)
EXAMPLES = (Example(0, 0), Example(1, 1), Example(0, 2), Example(1, 3))
REFERENCES = 8


@dataclass(frozen=True)
class Case:
    """One case: `problem` has pictures of the hidden target as references."""

    blueprint: Blueprint
    problem: Problem
    target: str
    start: str


def _text(defect_type: str, generator: np.random.Generator) -> str:
    """A text that sets every searchable parameter."""
    values = {name: float(generator.uniform(low, high)) for name, low, high in searchable(defect_type)}
    return edit_text("", values, defect_type)


def make_case(number: int, seed: int) -> Case:
    """The hidden target is drawn at random; of eight random texts the one that scores worst is the start."""
    defect_type, part, severity = BLUEPRINTS[number]
    generator = np.random.default_rng([seed, number])
    photos = [render_part(part, size=SIZE, seed=1000 * seed + 10 * number + index) for index in range(2)]
    blueprint = Blueprint(defect_type=defect_type, severity=severity)
    target = _text(defect_type, generator)
    bare = Problem(blueprint, photos, get_generator())
    drawn = [bare.draw(target, Example(index % 2, 500 + index)) for index in range(REFERENCES)]
    problem = Problem(blueprint, photos, get_generator(), references=[(one.image, one.mask) for one in drawn])
    starts = [_text(defect_type, generator) for _ in range(8)]
    start = min(starts, key=lambda text: mean_score(problem, text))
    return Case(blueprint, fresh(problem), target, start)


def fresh(problem: Problem) -> Problem:
    """The same problem with nothing evaluated yet."""
    return Problem(problem.blueprint, problem.photos, problem.generator, references=problem.references)


def mean_score(problem: Problem, text: str) -> float:
    """Mean over the examples."""
    return float(np.mean([problem.evaluate(text, example).score for example in EXAMPLES]))
