"""Detectors: bundles that were fitted, and on what."""

from __future__ import annotations

from typing import Any

from sqlalchemy import BigInteger
from sqlmodel import Field, select

from agent.store.base import Queries, Row, json_field


class DetectorRow(Row, table=True):
    """A fitted bundle on disk."""

    __tablename__ = "detector"

    name: str = Field(default="", max_length=200)
    kind: str = Field(default="patchcore", max_length=50, index=True)
    backbone: str = Field(default="", max_length=200)
    path: str
    score_threshold: float | None = None
    n_good: int = 0
    part: str | None = Field(default=None, max_length=200, index=True)
    seed: int | None = Field(default=None, sa_type=BigInteger)
    job_id: str | None = Field(default=None, max_length=64, unique=True)
    conversation_id: str | None = Field(default=None, foreign_key="conversation.id", index=True, ondelete="SET NULL")
    facts: dict[str, Any] = json_field(default_factory=dict)


class DetectorQueries(Queries):
    """Save, get and list detectors."""

    def save_detector(self, detector: DetectorRow) -> DetectorRow:
        """Store a detector's record; one that the same job already stored comes back as it is."""
        with self.writing() as session:
            if detector.job_id is not None:
                known = session.exec(select(DetectorRow).where(DetectorRow.job_id == detector.job_id)).first()
                if known is not None:
                    return known
            session.add(detector)
        return detector

    def get_detector(self, detector_id: str) -> DetectorRow:
        """One detector.

        Raises:
            NotFoundError: no such detector.
        """
        return self._get(DetectorRow, detector_id, "detector")

    def list_detectors(self, *, limit: int = 50, after: str | None = None, **where: Any) -> list[DetectorRow]:
        """Newest first."""
        return self._list(DetectorRow, limit=limit, after=after, where=where)

    def delete_detector(self, detector_id: str) -> None:
        """Forget a detector; its bundle stays on disk."""
        self._delete(DetectorRow, detector_id, "detector")
