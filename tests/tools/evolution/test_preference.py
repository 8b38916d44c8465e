"""The preference model: its limits, its symmetry and its agreement with a direct calculation."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tools.evolution.preference import (
    LOG_TIE,
    PRIOR_SD,
    Answer,
    best_probabilities,
    fit,
    information,
    most_informative_pair,
    outcome_probabilities,
)

answers = st.lists(
    st.tuples(st.integers(0, 3), st.integers(0, 3), st.sampled_from(["first", "second", "tie"])).filter(
        lambda item: item[0] != item[1]
    ),
    max_size=12,
)


def log_posterior(strengths: np.ndarray, given_answers: list[Answer]) -> float:
    total = -float((strengths**2).sum()) / (2 * PRIOR_SD**2)
    for answer in given_answers:
        chances = outcome_probabilities(np.asarray(strengths[answer.first] - strengths[answer.second]))
        total += answer.weight * float(np.log(chances[["first", "second", "tie"].index(answer.outcome)]))
    return total


def test_equal_candidates_tie_as_documented() -> None:
    first, second, tie = outcome_probabilities(np.asarray(0.0))
    assert first == second
    assert tie == pytest.approx(np.exp(LOG_TIE) / (2 + np.exp(LOG_TIE)))


@settings(max_examples=40, deadline=None)
@given(answers)
def test_the_mode_is_a_maximum(items: list[tuple[int, int, str]]) -> None:
    given_answers = [Answer(*item) for item in items]  # type: ignore[arg-type]
    posterior = fit(4, given_answers)
    top = log_posterior(posterior.mean, given_answers)
    for axis in range(4):
        for step in (-0.05, 0.05):
            moved = posterior.mean.copy()
            moved[axis] += step
            assert log_posterior(moved, given_answers) <= top + 1e-9
    assert np.all(np.linalg.eigvalsh(posterior.covariance) > 0)


@settings(max_examples=20, deadline=None)
@given(answers)
def test_swapping_sides_changes_nothing(items: list[tuple[int, int, str]]) -> None:
    swap = {"first": "second", "second": "first", "tie": "tie"}
    one = fit(4, [Answer(a, b, outcome) for a, b, outcome in items])  # type: ignore[arg-type]
    two = fit(4, [Answer(b, a, swap[outcome]) for a, b, outcome in items])  # type: ignore[arg-type]
    assert np.allclose(one.mean, two.mean)


def test_wins_make_a_favourite_and_losses_do_not() -> None:
    chances = best_probabilities(fit(3, [Answer(0, 1, "first"), Answer(0, 2, "first"), Answer(0, 1, "first")]))
    assert chances.argmax() == 0
    assert chances.sum() == pytest.approx(1.0)


def test_an_unasked_pair_says_more_than_a_settled_one() -> None:
    posterior = fit(3, [Answer(0, 1, "first")] * 6)
    assert information(posterior, (0, 2)) > information(posterior, (0, 1))
    assert most_informative_pair(posterior) == (0, 2)
