"""What pairwise answers say about which candidate is best.

The model is Davidson's (1970) extension of Bradley-Terry with ties: with strengths t,
P(a beats b) = e^ta / Z, P(tie) = v e^((ta + tb) / 2) / Z. Strengths have a normal prior, so that an untouched candidate
is uncertain and not infinitely weak; the posterior is approximated by a normal at its mode (Laplace).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

Outcome = Literal["first", "second", "tie"]
PRIOR_SD = 1.5
LOG_TIE = -0.7
"""log v: equal candidates are called a tie about one time in five."""
SAMPLES = 2048


@dataclass(frozen=True)
class Answer:
    """One answered pair. `weight` below 1 for answers that say less, such as "both bad"."""

    first: int
    second: int
    outcome: Outcome
    weight: float = 1.0


@dataclass(frozen=True)
class Posterior:
    """Mean `[n]` and covariance `[n, n]` of the strengths."""

    mean: NDArray[np.float64]
    covariance: NDArray[np.float64]

    def samples(self, seed: int, count: int = SAMPLES) -> NDArray[np.float64]:
        """Draws `[count, n]`."""
        root = np.linalg.cholesky(self.covariance + 1e-9 * np.eye(len(self.mean)))
        noise = np.random.default_rng(seed).standard_normal((count, len(self.mean)))
        return np.asarray(self.mean + noise @ root.T, dtype=np.float64)


def outcome_probabilities(difference: NDArray[np.float64]) -> NDArray[np.float64]:
    """P(first), P(second), P(tie) on the last axis, for strengths that differ by `difference` (any shape)."""
    logits = np.stack([difference / 2, -difference / 2, np.full_like(difference, LOG_TIE)], axis=-1)
    logits -= logits.max(axis=-1, keepdims=True)
    weights = np.exp(logits)
    return np.asarray(weights / weights.sum(axis=-1, keepdims=True), dtype=np.float64)


def fit(count: int, answers: Sequence[Answer], *, iterations: int = 50) -> Posterior:
    """The posterior over `count` strengths, by Newton's method on the log posterior (concave, so it converges)."""
    mean = np.zeros(count)
    hessian = np.eye(count) / PRIOR_SD**2
    for _ in range(iterations):
        gradient = -mean / PRIOR_SD**2
        hessian = np.eye(count) / PRIOR_SD**2
        for answer in answers:
            _accumulate(answer, mean, gradient, hessian)
        step = np.linalg.solve(hessian, gradient)
        mean = mean + step
        if float(np.abs(step).max(initial=0.0)) < 1e-8:
            break
    return Posterior(mean, np.asarray(np.linalg.inv(hessian), dtype=np.float64))


def _accumulate(
    answer: Answer, mean: NDArray[np.float64], gradient: NDArray[np.float64], hessian: NDArray[np.float64]
) -> None:
    """Add one answer's gradient and curvature with respect to the difference d of the two strengths."""
    a, b = answer.first, answer.second
    first, second, _tie = outcome_probabilities(np.asarray(mean[a] - mean[b]))
    # d log P / dd is s - E[s] with s = 1/2, -1/2, 0 for first, second, tie; the curvature is Var[s].
    expected = (first - second) / 2
    said = {"first": 0.5, "second": -0.5, "tie": 0.0}[answer.outcome]
    slope = answer.weight * (said - expected)
    curve = answer.weight * ((first + second) / 4 - expected**2)
    gradient[a] += slope
    gradient[b] -= slope
    hessian[a, a] += curve
    hessian[b, b] += curve
    hessian[a, b] -= curve
    hessian[b, a] -= curve


def best_probabilities(posterior: Posterior, *, seed: int = 0) -> NDArray[np.float64]:
    """P(candidate i is the best), `[n]`, sums to 1."""
    draws = posterior.samples(seed)
    return np.bincount(draws.argmax(axis=1), minlength=draws.shape[1]) / len(draws)


def _entropy(probabilities: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.asarray(-(probabilities * np.log(np.maximum(probabilities, 1e-12))).sum(axis=-1))


def information(posterior: Posterior, pair: tuple[int, int], *, seed: int = 0) -> float:
    """Expected information (nats) of asking this pair about *which candidate is best*: I(answer; best)."""
    draws = posterior.samples(seed)
    best = draws.argmax(axis=1)
    chances = outcome_probabilities(draws[:, pair[0]] - draws[:, pair[1]])
    total = float(_entropy(chances.mean(axis=0)))
    for candidate in np.unique(best):
        chosen = best == candidate
        total -= float(chosen.mean()) * float(_entropy(chances[chosen].mean(axis=0)))
    return max(total, 0.0)


def most_informative_pair(posterior: Posterior, *, seed: int = 0) -> tuple[int, int]:
    """The pair whose answer is expected to say most about which candidate is best; the first of equals."""
    count = len(posterior.mean)
    pairs = [(a, b) for a in range(count) for b in range(a + 1, count)]
    return max(pairs, key=lambda pair: (round(information(posterior, pair, seed=seed), 9), -pair[0], -pair[1]))
