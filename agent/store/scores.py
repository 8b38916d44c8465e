"""Judgements of pictures: scores by machines and comparisons by people."""

from __future__ import annotations

from typing import Any

from sqlmodel import Field, select

from agent.store.base import Queries, Row, json_field
from agent.store.errors import ConflictError

CHOICES = ("1", "2", "tie", "both_bad")


class ScoreRow(Row, table=True):
    """One number about one picture."""

    __tablename__ = "score"

    image_id: str = Field(foreign_key="image.id", index=True, ondelete="CASCADE")
    scorer: str = Field(max_length=100, index=True)
    value: float
    feedback: str = ""
    details: dict[str, Any] = json_field(default_factory=dict)


class ComparisonRow(Row, table=True):
    """One answer to "which is better?"; an undone one stays, marked."""

    __tablename__ = "comparison"

    lineup_id: str = Field(max_length=64, index=True)
    left_image_id: str = Field(foreign_key="image.id", index=True, ondelete="CASCADE")
    right_image_id: str = Field(foreign_key="image.id", index=True, ondelete="CASCADE")
    choice: str = Field(max_length=10)
    """`1` (left), `2` (right), `tie` or `both_bad`."""
    person: str = Field(default="", max_length=200)
    conversation_id: str | None = Field(default=None, foreign_key="conversation.id", index=True, ondelete="SET NULL")
    undone: bool = False


class ScoreQueries(Queries):
    """Save and list scores and comparisons."""

    def save_score(self, score: ScoreRow) -> ScoreRow:
        """Store a score."""
        return self._add(score)

    def get_score(self, score_id: str) -> ScoreRow:
        """One score."""
        return self._get(ScoreRow, score_id, "score")

    def list_scores(self, *, limit: int = 50, after: str | None = None, **where: Any) -> list[ScoreRow]:
        """Newest first."""
        return self._list(ScoreRow, limit=limit, after=after, where=where)

    def save_comparison(self, comparison: ComparisonRow) -> ComparisonRow:
        """Store a choice.

        Raises:
            ConflictError: the choice is not one of the four.
        """
        if comparison.choice not in CHOICES:
            raise ConflictError(f"a choice is one of {', '.join(CHOICES)}, not {comparison.choice!r}")
        return self._add(comparison)

    def get_comparison(self, comparison_id: str) -> ComparisonRow:
        """One choice."""
        return self._get(ComparisonRow, comparison_id, "comparison")

    def list_comparisons(self, *, limit: int = 50, after: str | None = None, **where: Any) -> list[ComparisonRow]:
        """Newest first, undone ones included unless `undone=False`."""
        return self._list(ComparisonRow, limit=limit, after=after, where=where)

    def undo_comparison(self, conversation_id: str) -> ComparisonRow | None:
        """Mark the conversation's newest choice that still counts as undone; None where there is none."""
        query = select(ComparisonRow).where(
            ComparisonRow.conversation_id == conversation_id,
            ComparisonRow.undone == False,  # noqa: E712
        )
        with self.writing() as session:
            created = getattr(ComparisonRow, "created_at")  # noqa: B009
            row = session.exec(query.order_by(created.desc()).limit(1)).first()
            if row is not None:
                row.undone = True
                session.add(row)
        return row
