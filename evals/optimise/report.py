"""The writing program's examples: made-up inspections of `evals/report/scenes.py`, judged by the report's checker."""

from __future__ import annotations

import random
from typing import Any

from agent.programs.reporting import fields_of, make_program
from agent.report.facts import Facts
from agent.report.llm import Draft, find_problems, inputs_of
from agent.report.writer import Context, write_report
from evals.optimise.tuning import Judgement, Task
from evals.report.scenes import scenes

LANGUAGES = ("en", "de")


def make_task(instructions: str, *, examples: int, seed: int) -> Task:
    """The task of tuning the writing program; see `evals.optimise.parsing.make_task`."""
    pairs = [(facts, language) for facts in scenes().values() for language in LANGUAGES]
    random.Random(seed).shuffle(pairs)
    chosen = [_example(facts, language) for facts, language in pairs[: max(examples, 2)]]
    half = len(chosen) // 2
    return Task(make_program(instructions), chosen[:half], chosen[half:], judge)


def _example(facts: Facts, language: str) -> Any:
    import dspy

    report = write_report(facts.record, None, language=language, context=Context(part=facts.names[0]))
    inputs = fields_of(inputs_of(report, facts))
    return dspy.Example(**inputs, truth=facts, language=language).with_inputs(*inputs)


def judge(gold: Any, answer: Any) -> Judgement:
    """The share of statements that hold, times the share of what a report has to speak of."""
    draft = getattr(answer, "draft", None)
    if not isinstance(draft, Draft):
        return Judgement(0.0, "The answer was no report in the wanted form.")
    statements = [*draft.summary, *(s for finding in draft.findings for s in finding.sentences)]
    count = len(statements) + len(draft.causes) + len(draft.checks) + len(draft.actions)
    problems = find_problems(draft, gold.truth, gold.language)
    wrong = len({problem.split(":")[0] for problem in problems})
    missing = _missing(draft, gold.truth)
    wanted = 1 + len(gold.truth.record.regions) + bool(gold.truth.citations)
    score = (1 - min(wrong / count, 1.0)) * (1 - len(missing) / wanted) if count else 0.0
    words = [*(f"Not supported: {problem}." for problem in problems), *missing]
    return Judgement(score, " ".join(words) or "Every statement holds and nothing is missing.")


def _missing(draft: Draft, facts: Facts) -> list[str]:
    said = {finding.region_id for finding in draft.findings if finding.sentences}
    missing = [
        f"Nothing is said of the region {region.id}." for region in facts.record.regions if region.id not in said
    ]
    if not any("verdict" in sentence.evidence for sentence in draft.summary):
        missing.append("The summary does not state the verdict (evidence `verdict`).")
    if facts.citations and not (draft.causes or draft.checks or draft.actions):
        missing.append("RECORDS hold causes and actions, the draft gives none.")
    return missing
