"""Lineups of the API: pairs of looks of one Blueprint on one photo, and the answers, from which all else follows."""

from __future__ import annotations

from typing import Any

from sqlalchemy import BigInteger
from sqlmodel import Field

from agent.store.base import Queries, Row, json_field
from agent.store.errors import ConflictError, NotFoundError


class LineupRow(Row, table=True):
    """One sculpting session; `state` is that of `tools.evolution.session`."""

    __tablename__ = "lineup"

    blueprint_version_id: str = Field(foreign_key="blueprint_version.id", index=True, ondelete="CASCADE")
    image_id: str = Field(foreign_key="image.id", index=True, ondelete="CASCADE")
    """The good photo."""
    seed: int = Field(sa_type=BigInteger)
    mm_per_px: float | None = None
    start: str = ""
    state: dict[str, Any] = json_field(default_factory=dict)
    pictures: list[str] = json_field(default_factory=list)
    """Ids of the candidates' images, in order."""
    version: int = 0
    """Counts the changes, so that two answers at once do not overwrite one another."""


class LineupQueries(Queries):
    """Save, get and list lineups."""

    def save_lineup(self, lineup: LineupRow) -> LineupRow:
        """Store a new lineup."""
        return self._add(lineup)

    def update_lineup(self, lineup: LineupRow) -> LineupRow:
        """Store what an answer changed.

        Raises:
            ConflictError: somebody else answered meanwhile.
            NotFoundError: it is gone.
        """
        with self.writing() as session:
            row = session.get(LineupRow, lineup.id, with_for_update=True)
            if row is None:
                raise NotFoundError(f"there is no lineup {lineup.id[:64]!r} any more")
            if row.version != lineup.version:
                raise ConflictError("somebody answered this lineup meanwhile; read it again")
            row.state, row.pictures, row.version = lineup.state, lineup.pictures, lineup.version + 1
            session.add(row)
        return row

    def get_lineup(self, lineup_id: str) -> LineupRow:
        """One lineup.

        Raises:
            NotFoundError: no such lineup.
        """
        return self._get(LineupRow, lineup_id, "lineup")

    def list_lineups(self, *, limit: int = 50, after: str | None = None, **where: Any) -> list[LineupRow]:
        """Newest first."""
        return self._list(LineupRow, limit=limit, after=after, where=where)
