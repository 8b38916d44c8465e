"""The reading program's examples: sentences of `evals/parsing`, judged field by field.

The sets that are not named here are never tuned on, so that a tuned program can be measured on them.
"""

from __future__ import annotations

import random
from typing import Any

from agent.programs.parsing import PATHS, Extraction, make_program
from evals.optimise.tuning import Judgement, Task
from evals.parsing.score import FIELDS, Case, load, same
from tools.blueprint.registry import DEFECT_TYPES

SETS = ("first", "second", "third")
_NAMES = {"length": "length_mm", "width": "width_mm", "depth": "depth_mm", "diameter": "diameter_mm"}
_NAMES |= {"orientation": "orientation_deg"}


def make_task(instructions: str, *, examples: int, seed: int) -> Task:
    """The task of tuning the reading program.

    Args:
        instructions: to start from.
        examples: how many sentences, half of them for validation.
        seed: which ones.
    """
    cases = load(SETS)
    random.Random(seed).shuffle(cases)
    chosen = [_example(case) for case in cases[: max(examples, 2)]]
    half = len(chosen) // 2
    return Task(make_program(instructions), chosen[:half], chosen[half:], judge)


def _example(case: Case) -> Any:
    import dspy

    example = dspy.Example(text=case.text, defect_types=list(DEFECT_TYPES), expect=case.expect)
    return example.with_inputs("text", "defect_types")


def judge(gold: Any, answer: Any) -> Judgement:
    """The share that is right of the fields that were said or filled in."""
    found = values_of(getattr(answer, "blueprint", None))
    if found is None:
        return Judgement(0.0, "The answer was no Blueprint in the wanted form.")
    open_fields = [name for name in FIELDS if gold.expect.get(name) is not None or found[name] is not None]
    wrong = [name for name in open_fields if not same(gold.expect.get(name), found[name])]
    score = 1.0 if not open_fields else 1 - len(wrong) / len(open_fields)
    words = [f"{_NAMES.get(n, n)} should be {_say(gold.expect.get(n))}, it was {_say(found[n])}." for n in wrong]
    return Judgement(score, " ".join(words) or "All fields are right.")


def values_of(found: Any) -> dict[str, Any] | None:
    """An extraction's fields as the evaluation names them."""
    if not isinstance(found, Extraction):
        return None
    plain = found.model_dump(mode="json")
    assert set(plain) == set(PATHS)
    values = {name: plain[_NAMES.get(name, name)] for name in FIELDS}
    return {name: [v["min"], v["max"]] if isinstance(v, dict) else v for name, v in values.items()}


def _say(value: Any) -> str:
    return "null" if value is None else str(value)
