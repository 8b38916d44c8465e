"""The lineup asks, shuffles, repeats, takes back and stops."""

from __future__ import annotations

import pytest

from tools.evolution.errors import EvolutionError
from tools.evolution.lineup import REPEAT_EVERY, Lineup


def answer_by(lineup: Lineup, quality: list[float], questions: int) -> None:
    for _ in range(questions):
        pair = lineup.next_pair()
        lineup.record(pair, "1" if quality[pair.left] > quality[pair.right] else "2")


def test_a_steady_judge_is_understood_and_the_lineup_stops() -> None:
    lineup = Lineup(["a", "b", "c", "d"], seed=3)
    asked = 0
    while not lineup.finished():
        answer_by(lineup, [0.1, 0.9, 0.4, 0.2], 1)
        asked += 1
        assert asked < 20
    assert lineup.best()[0] == 1
    assert lineup.remaining() == 0


def test_same_seed_same_questions_and_both_sides_are_used() -> None:
    one, two = Lineup(["a", "b"], seed=5), Lineup(["a", "b"], seed=5)
    sides = set()
    for _ in range(8):
        pair = one.next_pair()
        assert pair == two.next_pair()
        sides.add(pair.left)
        one.record(pair, "tie")
        two.record(pair, "tie")
    assert sides == {0, 1}


def test_every_tenth_question_repeats_a_pair_with_sides_swapped() -> None:
    lineup = Lineup(["a", "b", "c"], seed=1)
    answer_by(lineup, [0.1, 0.5, 0.9], REPEAT_EVERY - 1)
    assert lineup.consistency() is None
    pair = lineup.next_pair()
    assert pair.repeat
    assert any((j.pair.left, j.pair.right) == (pair.right, pair.left) for j in lineup.judgements)
    answer_by(lineup, [0.1, 0.5, 0.9], 1)
    assert lineup.consistency() == 1.0


def test_undo_is_exact() -> None:
    lineup = Lineup(["a", "b"], seed=2)
    before = lineup.next_pair()
    lineup.record(before, "both_bad", "too wide")
    assert lineup.undo().reason == "too wide"
    assert lineup.next_pair() == before
    with pytest.raises(EvolutionError, match="nothing to undo"):
        lineup.undo()


def test_remaining_shrinks_while_answers_agree() -> None:
    lineup = Lineup(["a", "b"], seed=4)
    start = lineup.remaining()
    answer_by(lineup, [1.0, 0.0], 2)
    assert lineup.remaining() <= start


@pytest.mark.parametrize("choice", ["3", "", "left"])
def test_other_answers_are_refused(choice: str) -> None:
    lineup = Lineup(["a", "b"])
    with pytest.raises(EvolutionError, match="say 1, 2, tie"):
        lineup.record(lineup.next_pair(), choice)


def test_one_candidate_is_no_lineup() -> None:
    with pytest.raises(EvolutionError, match="two candidates"):
        Lineup(["a"])
