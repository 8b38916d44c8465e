"""The problem as the gepa engine sees it: evaluate a batch, and say what was wrong."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from gepa.core.adapter import EvaluationBatch

from tools.evolution.problem import Evaluation, Example, Problem
from tools.evolution.proposers import COMPONENT


class Adapter:
    """gepa's `GEPAAdapter` over a `Problem`; outputs and trajectories are `Evaluation`s."""

    propose_new_texts = None

    def __init__(self, problem: Problem, on_evaluation: Callable[[str, Evaluation], None] | None = None) -> None:
        self._problem = problem
        self._on_evaluation = on_evaluation

    def evaluate(self, batch: list[Example], candidate: dict[str, str], capture_traces: bool = False) -> Any:
        """Draw and judge the candidate on every example of the batch."""
        found = []
        for example in batch:
            found.append(self._problem.evaluate(candidate[COMPONENT], example))
            if self._on_evaluation is not None:
                self._on_evaluation(candidate[COMPONENT], found[-1])
        return EvaluationBatch(
            outputs=found,
            scores=[one.score for one in found],
            trajectories=found if capture_traces else None,
            objective_scores=[one.terms or {"geometry": 0.0} for one in found],
        )

    def make_reflective_dataset(
        self, candidate: dict[str, str], eval_batch: Any, components_to_update: list[str]
    ) -> Mapping[str, Sequence[Mapping[str, Any]]]:
        """Feedback in words and gaps in numbers for every example of a batch."""
        records = [
            {"text": candidate[COMPONENT], "score": one.score, "feedback": one.feedback, "gaps": one.gaps}
            for one in eval_batch.trajectories
        ]
        return dict.fromkeys(components_to_update, records)
