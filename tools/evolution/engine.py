"""Run an evolution: the gepa engine with our adapter, a budget in evaluations, and a folder that resumes.

A killed run is repeated from the start with the same seeds: every evaluation and reply that was made is read from the
folder instead of being made again, so the run takes the same path to the same frontier and loses nothing.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from tools.evolution.adapter import Adapter
from tools.evolution.errors import EvolutionError
from tools.evolution.problem import Evaluation, Example, Problem
from tools.evolution.proposers import COMPONENT, Proposer
from tools.vision.images import write_atomic


@dataclass(frozen=True)
class Budget:
    """When to stop: evaluations (one picture drawn and judged), a score that is good enough, seconds, money.

    Money is never overspent as long as pictures cost what the generator says: the run stops where another step might.
    """

    evaluations: int = 120
    accept: float = 0.9
    seconds: float | None = None
    usd: float | None = None


@dataclass(frozen=True)
class Member:
    """One candidate that was kept: its text, its parents, its mean score and its score on each example and term."""

    text: str
    parents: tuple[int, ...]
    score: float
    by_example: tuple[float, ...]
    by_term: dict[str, float]


@dataclass(frozen=True)
class Evolution:
    """Where a run ended. `frontier` are the members that are best on some example or term."""

    members: tuple[Member, ...]
    frontier: tuple[int, ...]
    best: int
    evaluations: int
    reached_at: int | None
    """Evaluations until the accepted score was first reached; None if it never was."""
    history: tuple[tuple[int, float], ...] = field(default=())
    """(evaluations, best mean score so far)."""


class _Silent:
    def log(self, *_: Any) -> None:
        """gepa's own log lines are not for our users."""


def evolve(
    problem: Problem,
    start: str,
    examples: Sequence[Example],
    proposer: Proposer,
    *,
    budget: Budget,
    seed: int,
    folder: Path | None = None,
    should_stop: Callable[[], bool] | None = None,
    progress: Callable[[int, int, str], None] | None = None,
) -> Evolution:
    """Evolve a style text.

    Args:
        problem: what is drawn and how it is judged.
        start: the first text.
        examples: photos and seeds; parents and children meet the same ones.
        proposer: feedback → new text.
        budget: evaluations, accepted score, seconds, money.
        seed: of the engine's choices.
        folder: where the result is written (`evolution.json`).
        should_stop: asked after every step.
        progress: evaluations so far, budget, a sentence.

    Raises:
        EvolutionError: no examples, or a budget that does not even pay for the first text.
    """
    if not examples:
        raise EvolutionError("an evolution needs at least one photo and seed")
    if budget.evaluations < 2 * len(examples):
        raise EvolutionError(f"a budget of {budget.evaluations} evaluations is too small for {len(examples)} examples")
    _check_money(problem, start, examples, budget)
    import gepa

    count, started = 0, time.monotonic()
    history: list[tuple[int, float]] = []

    learn = getattr(proposer, "observe", None)

    def counted(text: str, found: Evaluation) -> None:
        nonlocal count
        count += 1
        if learn is not None:
            learn(text, found.gaps)

    def stop(state: Any) -> bool:
        best = max(state.program_full_scores_val_set, default=0.0)
        history.append((count, float(best)))
        if progress is not None:
            progress(min(count, budget.evaluations), budget.evaluations, f"best score {best:.3f}")
        late = budget.seconds is not None and time.monotonic() - started > budget.seconds
        # A new text is drawn on every example at most.
        step_usd = len(examples) * problem.usd_per_image
        dear = budget.usd is not None and step_usd > 0 and problem.spent_usd + step_usd > budget.usd + 1e-9
        return bool(best >= budget.accept or late or dear or (should_stop is not None and should_stop()))

    found = gepa.optimize(
        seed_candidate={COMPONENT: start},
        trainset=list(examples),
        valset=list(examples),
        adapter=Adapter(problem, counted),
        custom_candidate_proposer=proposer,
        frontier_type="hybrid",
        reflection_minibatch_size=min(2, len(examples)),
        skip_perfect_score=False,
        use_merge=True,
        max_metric_calls=budget.evaluations,
        stop_callbacks=stop,
        cache_evaluation=True,
        logger=_Silent(),
        seed=seed,
    )
    result = _result(found, problem, examples, count, history, budget)
    if folder is not None:
        write_atomic(folder / "evolution.json", json.dumps(asdict(result), indent=1).encode())
    return result


def _check_money(problem: Problem, start: str, examples: Sequence[Example], budget: Budget) -> None:
    new = sum(not problem.is_known(start, example) for example in examples)
    need = new * problem.usd_per_image
    if budget.usd is not None and need > budget.usd + 1e-9:
        raise EvolutionError(
            f"${budget.usd:.2f} does not pay for the first {new} pictures, which cost about ${need:.2f}; allow more, "
            "or use the generator renderer"
        )


def _result(
    found: Any,
    problem: Problem,
    examples: Sequence[Example],
    count: int,
    history: list[tuple[int, float]],
    budget: Budget,
) -> Evolution:
    members = []
    for index, candidate in enumerate(found.candidates):
        text = candidate[COMPONENT]
        judged = [problem.evaluate(text, example) for example in examples]
        names = sorted({name for one in judged for name in one.terms})
        members.append(
            Member(
                text=text,
                parents=tuple(parent for parent in found.parents[index] if parent is not None),
                score=float(found.val_aggregate_scores[index]),
                by_example=tuple(one.score for one in judged),
                by_term={name: sum(one.terms.get(name, 0.0) for one in judged) / len(judged) for name in names},
            )
        )
    on_front = set().union(*found.per_val_instance_best_candidates.values())
    reached = next((evaluations for evaluations, score in history if score >= budget.accept), None)
    return Evolution(tuple(members), tuple(sorted(on_front)), int(found.best_idx), count, reached, tuple(history))
