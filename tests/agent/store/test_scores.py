"""Scores and comparisons."""

from __future__ import annotations

import pytest

from agent.store.errors import ConflictError
from agent.store.images import ImageRow
from agent.store.repository import Store
from agent.store.scores import ComparisonRow, ScoreRow


def pair(store: Store) -> tuple[str, str]:
    rows = [store.save_image(ImageRow(content_hash=letter * 64, path=letter)) for letter in "ab"]
    return rows[0].id, rows[1].id


def test_scores_of_a_picture(store: Store) -> None:
    left, right = pair(store)
    made = store.save_score(ScoreRow(image_id=left, scorer="visibility", value=0.25, details={"band": [1, 2]}))
    store.save_score(ScoreRow(image_id=right, scorer="visibility", value=0.5))
    assert store.get_score(made.id).details == {"band": [1, 2]}
    assert [row.value for row in store.list_scores(image_id=left)] == [0.25]


def test_undo_takes_the_newest_choice_that_counts(store: Store) -> None:
    left, right = pair(store)
    chat = store.save_conversation().id
    for choice in ("1", "tie"):
        row = ComparisonRow(
            lineup_id="l", left_image_id=left, right_image_id=right, choice=choice, conversation_id=chat
        )
        store.save_comparison(row)
    undone = [store.undo_comparison(chat) for _ in range(3)]
    assert [row.choice if row else None for row in undone] == ["tie", "1", None]
    assert store.list_comparisons(undone=False) == []
    assert len(store.list_comparisons()) == 2
    first = undone[0]
    assert first is not None
    assert store.get_comparison(first.id).undone


def test_a_choice_is_one_of_four(store: Store) -> None:
    left, right = pair(store)
    with pytest.raises(ConflictError, match="both_bad"):
        store.save_comparison(ComparisonRow(lineup_id="l", left_image_id=left, right_image_id=right, choice="3"))
