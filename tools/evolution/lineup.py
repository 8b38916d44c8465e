"""The lineup: which two candidates are shown next, on which side, and when enough has been asked.

Answers are facts: the list of them is the whole state, so that undo is dropping the last one and a lineup can be
rebuilt from what the store holds. Every tenth question repeats an earlier pair with the sides swapped; the share of
repeats that got the same answer is the person's consistency.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

import numpy as np

from tools.evolution.errors import EvolutionError
from tools.evolution.preference import (
    Answer,
    Outcome,
    Posterior,
    best_probabilities,
    fit,
    most_informative_pair,
    outcome_probabilities,
)

Choice = Literal["1", "2", "tie", "both_bad"]
STOP_AT = 0.9
REPEAT_EVERY = 10
BOTH_BAD_WEIGHT = 0.5


@dataclass(frozen=True)
class Pair:
    """Two candidates by index: `left` is shown as 1, `right` as 2. `repeat` marks a consistency check."""

    left: int
    right: int
    repeat: bool = False


@dataclass(frozen=True)
class Judgement:
    """A pair with what was chosen and, where one was given, the reason chip."""

    pair: Pair
    choice: Choice
    reason: str | None = None


@dataclass
class Lineup:
    """A running comparison of `names` (at least two)."""

    names: Sequence[str]
    seed: int = 0
    judgements: list[Judgement] = field(default_factory=list)

    def __post_init__(self) -> None:
        if len(self.names) < 2:
            raise EvolutionError(f"a lineup needs two candidates, there is {len(self.names)}; render another one")

    def posterior(self) -> Posterior:
        """What the answers so far say about the candidates' strengths."""
        return fit(len(self.names), [_answer(judgement) for judgement in self.judgements])

    def best(self) -> tuple[int, float]:
        """The most probable best candidate and that probability."""
        chances = best_probabilities(self.posterior(), seed=self.seed)
        winner = int(chances.argmax())
        return winner, float(chances[winner])

    def finished(self) -> bool:
        """True when one candidate is the best with more than 90 %."""
        return bool(self.judgements) and self.best()[1] > STOP_AT

    def next_pair(self) -> Pair:
        """The pair to show now; which candidate stands left is drawn from the seed."""
        asked = len(self.judgements)
        repeat = asked > 0 and asked % REPEAT_EVERY == REPEAT_EVERY - 1
        generator = np.random.default_rng([self.seed, asked])
        if repeat:
            earlier = [judgement.pair for judgement in self.judgements if not judgement.pair.repeat]
            pair = earlier[int(generator.integers(len(earlier)))]
            return Pair(pair.right, pair.left, repeat=True)
        first, second = most_informative_pair(self.posterior(), seed=self.seed)
        return Pair(second, first) if generator.random() < 0.5 else Pair(first, second)

    def record(self, pair: Pair, choice: str, reason: str | None = None) -> None:
        """Keep an answer.

        Raises:
            EvolutionError: the choice is not `1`, `2`, `tie` or `both_bad`, or the pair is not of this lineup.
        """
        if choice not in ("1", "2", "tie", "both_bad"):
            raise EvolutionError(f"{choice!r} is no answer; say 1, 2, tie, both bad or undo")
        if not all(0 <= side < len(self.names) for side in (pair.left, pair.right)) or pair.left == pair.right:
            raise EvolutionError(f"candidates {pair.left} and {pair.right} are not a pair of this lineup")
        self.judgements.append(Judgement(pair, choice, reason))  # type: ignore[arg-type]

    def undo(self) -> Judgement:
        """Take the last answer back.

        Raises:
            EvolutionError: there is none.
        """
        if not self.judgements:
            raise EvolutionError("nothing to undo; no answer was given yet")
        return self.judgements.pop()

    def consistency(self) -> float | None:
        """Share of repeated pairs that got the same answer; None before the first repeat."""
        first: dict[frozenset[int], int | None] = {}
        agreed: list[bool] = []
        for judgement in self.judgements:
            key, winner = frozenset((judgement.pair.left, judgement.pair.right)), _winner(judgement)
            if judgement.pair.repeat:
                agreed.append(first.get(key) == winner)
            else:
                first[key] = winner
        return sum(agreed) / len(agreed) if agreed else None

    def remaining(self, *, rollouts: int = 4, at_most: int = 12) -> int:
        """Expected number of further questions, by playing the rest with answers drawn from the model."""
        if self.finished():
            return 0
        counts = [self._play(rollout, at_most) for rollout in range(rollouts)]
        return max(1, round(sum(counts) / len(counts)))

    def _play(self, rollout: int, at_most: int) -> int:
        generator = np.random.default_rng([self.seed, len(self.judgements), rollout])
        truth = self.posterior().samples(int(generator.integers(2**31)), 1)[0]
        copy = Lineup(self.names, self.seed, list(self.judgements))
        for step in range(at_most):
            if copy.finished():
                return step
            pair = copy.next_pair()
            chances = outcome_probabilities(np.asarray(truth[pair.left] - truth[pair.right]))
            copy.record(pair, ("1", "2", "tie")[int(generator.choice(3, p=chances))])
        return at_most


def _winner(judgement: Judgement) -> int | None:
    return {"1": judgement.pair.left, "2": judgement.pair.right}.get(judgement.choice)


def _answer(judgement: Judgement) -> Answer:
    outcomes: dict[str, Outcome] = {"1": "first", "2": "second"}
    weight = BOTH_BAD_WEIGHT if judgement.choice == "both_bad" else 1.0
    return Answer(judgement.pair.left, judgement.pair.right, outcomes.get(judgement.choice, "tie"), weight)
