"""An evolution improves, resumes without repeating anything, and survives useless replies of a model."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from tools.blueprint.model import Blueprint
from tools.evolution.engine import Budget, evolve
from tools.evolution.errors import EvolutionError
from tools.evolution.problem import Example, Problem
from tools.evolution.proposers import COMPONENT, ModelProposer, RandomProposer, RuleProposer
from tools.generation.base_parts import render_part
from tools.generation.registry import get_generator

TARGET = "contrast -0.6, edge 2.5, wobble 0.2, size factor 1.6"
START = "contrast 0.3, edge 0.7, wobble 0, size factor 0.6"
EXAMPLES = [Example(0, 0), Example(0, 1), Example(0, 2)]


def problem(folder: Path | None = None) -> Problem:
    photos = [render_part("brushed_metal", size=(128, 128), seed=3)]
    blueprint = Blueprint(defect_type="scratch")
    bare = Problem(blueprint, photos, get_generator())
    drawn = [bare.draw(TARGET, Example(0, 50 + seed)) for seed in range(4)]
    return Problem(
        blueprint, photos, get_generator(), references=[(one.image, one.mask) for one in drawn], folder=folder
    )


def test_rules_lead_from_a_poor_start_towards_the_target(tmp_path: Path) -> None:
    found = evolve(
        problem(), START, EXAMPLES, RuleProposer("scratch"), budget=Budget(60, 0.99), seed=0, folder=tmp_path
    )
    assert found.members[found.best].score > found.members[0].score + 0.1
    assert found.frontier
    assert all(parent < index for index, member in enumerate(found.members) for parent in member.parents)
    assert json.loads((tmp_path / "evolution.json").read_text())["best"] == found.best


def test_stops_when_the_score_is_reached_or_somebody_asks() -> None:
    easy = evolve(problem(), START, EXAMPLES, RuleProposer("scratch"), budget=Budget(60, 0.01), seed=0)
    assert easy.evaluations == len(EXAMPLES)
    asked = evolve(
        problem(), START, EXAMPLES, RuleProposer("scratch"), budget=Budget(60, 1.1), seed=0, should_stop=lambda: True
    )
    assert asked.evaluations == len(EXAMPLES)


CHILD = """
import sys
sys.path.insert(0, {root!r})
import importlib.util
spec = importlib.util.spec_from_file_location("engine_tests", {file!r})
tests = importlib.util.module_from_spec(spec)
sys.modules["engine_tests"] = tests
spec.loader.exec_module(tests)
from pathlib import Path
import time
one = tests.problem(Path({folder!r}))
judge = one._judge
def slow(text, example):
    time.sleep(0.15)
    return judge(text, example)
one._judge = slow
tests.evolve(one, tests.START, tests.EXAMPLES, tests.RuleProposer("scratch"), budget=tests.Budget(40, 1.1), seed=0)
"""


def test_sigkill_in_the_middle_repeats_nothing_and_loses_nothing(tmp_path: Path) -> None:
    here = Path(__file__).resolve()
    child = subprocess.Popen(
        [sys.executable, "-c", CHILD.format(root=str(here.parents[3]), file=str(here), folder=str(tmp_path / "cut"))]
    )
    log = tmp_path / "cut" / "evaluations.jsonl"
    deadline = time.monotonic() + 300
    while not (log.exists() and len(log.read_text().splitlines()) >= 7) and time.monotonic() < deadline:
        time.sleep(0.05)
    child.kill()
    child.wait()
    before = log.read_text().splitlines()
    assert len(before) >= 7

    whole = problem(tmp_path / "whole")
    unbroken = evolve(whole, START, EXAMPLES, RuleProposer("scratch"), budget=Budget(40, 1.1), seed=0)
    again = problem(tmp_path / "cut")
    resumed = evolve(again, START, EXAMPLES, RuleProposer("scratch"), budget=Budget(40, 1.1), seed=0)
    assert resumed == unbroken
    complete = sum(line.endswith("}") for line in before)
    assert again.evaluations == whole.evaluations - complete
    lines = (tmp_path / "whole" / "evaluations.jsonl").read_text().strip().splitlines()
    keys = [json.loads(line)["key"] for line in lines]
    assert len(set(keys)) == len(keys)


def test_a_model_that_talks_nonsense_leaves_the_work_to_the_rules(tmp_path: Path) -> None:
    asked = []

    def reply(prompt: str) -> str:
        asked.append(prompt)
        return "I am sorry, as a model I like scratches."

    proposer = ModelProposer("scratch", reply, RuleProposer("scratch"), tmp_path)
    record = {"text": START, "score": 0.2, "feedback": "too bright (2.0)", "gaps": {"contrast": 2.0}}
    new = proposer({COMPONENT: START}, {COMPONENT: [record]}, [COMPONENT])
    assert new[COMPONENT] != START
    assert "too bright (2.0)" in asked[0]
    proposer({COMPONENT: START}, {COMPONENT: [record]}, [COMPONENT])
    assert len(asked) == 1


def test_a_model_that_answers_is_followed() -> None:
    proposer = ModelProposer(
        "scratch", lambda _: "Sure:\n```\ncontrast -0.5, strong burr\n```", RuleProposer("scratch")
    )
    assert proposer({COMPONENT: START}, {}, [COMPONENT]) == {COMPONENT: "contrast -0.5, strong burr"}


def test_random_mutation_is_seeded() -> None:
    one, two = RandomProposer("void", 4), RandomProposer("void", 4)
    for _ in range(3):
        assert one({COMPONENT: ""}, {}, [COMPONENT]) == two({COMPONENT: ""}, {}, [COMPONENT])


def test_budgets_and_examples_are_checked() -> None:
    with pytest.raises(EvolutionError, match="at least one photo"):
        evolve(problem(), START, [], RuleProposer("scratch"), budget=Budget(), seed=0)
    with pytest.raises(EvolutionError, match="too small"):
        evolve(problem(), START, EXAMPLES, RuleProposer("scratch"), budget=Budget(3), seed=0)


def test_a_blueprint_that_does_not_fit_scores_zero_and_says_why() -> None:
    tight = problem()
    one = Problem(
        Blueprint(defect_type="scratch", geometry={"length_mm": {"min": 90, "max": 90}}, mm_per_px=0.1),  # type: ignore[arg-type]
        tight.photos,
        tight.generator,
    ).evaluate("", Example(0, 0))
    assert one.score == 0.0
    assert one.feedback


def test_evaluations_are_the_same_in_every_process(tmp_path: Path) -> None:
    first = problem(tmp_path).evaluate(START, EXAMPLES[0])
    second = problem().evaluate(START, EXAMPLES[0])
    assert np.isclose(first.score, second.score)
    assert problem(tmp_path).evaluate(START, EXAMPLES[0]) == first
