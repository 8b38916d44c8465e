"""Who changed what, and answers to repeated requests.

The audit trail is only ever added to: one line for each request of the API that may change something. An idempotency
record keeps the answer of a request that carried a key, so that the same request sent again gets the same answer.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from sqlmodel import Field, col, select

from agent.store.base import Queries, Row, json_field, now
from agent.store.errors import ConflictError


def storable(text: str) -> str:
    """A subject without NUL, which no database holds, and halves of surrogate pairs; cut to its column."""
    return text.replace("\x00", "").encode("utf-8", "replace").decode()[:300]


class AuditRow(Row, table=True):
    """One change that somebody asked for."""

    __tablename__ = "audit"

    actor: str = Field(default="", max_length=100, index=True)
    """Whose key: `name (handle)`; `local` where none is needed, `fal.ai` for its webhooks, `terminal: NAME` for the
    commands that manage keys, `page` for what is done in the browser; empty where nobody was let in."""
    action: str = Field(max_length=20)
    """The HTTP method; of a command `CREATE` or `REVOKE`, on the page `SAY`, `CHOOSE`, `MARK` and the like."""
    subject: str = Field(max_length=300, index=True)
    """The path."""
    status: int
    client: str = Field(default="", max_length=64)


class AnswerRow(Row, table=True):
    """The answer to a request with an idempotency key; `id` is the hash of caller, route and key."""

    __tablename__ = "idempotent_answer"

    request_hash: str = Field(max_length=64)
    status: int = 0
    """0 while the first request is still being worked on."""
    body: dict[str, Any] = json_field(default_factory=dict)


class AuditQueries(Queries):
    """Add to the audit trail, read it, and keep answers."""

    def save_audit(self, row: AuditRow) -> AuditRow:
        """Add a line."""
        return self._add(row)

    def list_audit(self, *, limit: int = 50, after: str | None = None, **where: Any) -> list[AuditRow]:
        """Newest first."""
        return self._list(AuditRow, limit=limit, after=after, where=where)

    def begin_answer(self, answer_id: str, request_hash: str, *, stale_s: float = 60.0) -> AnswerRow | None:
        """The answer that was given; None where the caller is the first and shall give one.

        Raises:
            ConflictError: the key was used for another request, or the first request is not answered yet.
        """
        with self.writing() as session:
            row = session.get(AnswerRow, answer_id, with_for_update=True)
            if row is None:
                session.add(AnswerRow(id=answer_id, request_hash=request_hash))
                return None
            if row.request_hash != request_hash:
                raise ConflictError("this Idempotency-Key was used for another request; take a new one")
            if row.status:
                return row
            if (now() - row.created_at).total_seconds() < stale_s:
                raise ConflictError(
                    "the first request with this Idempotency-Key is still at work; ask again in a moment"
                )
            row.created_at = now()
            session.add(row)
        return None

    def end_answer(self, answer_id: str, status: int, body: dict[str, Any]) -> None:
        """Keep an answer; one of 5xx is forgotten, so that the request can be sent again."""
        with self.writing() as session:
            row = session.get(AnswerRow, answer_id)
            if row is None:
                return
            if status >= 500:
                session.delete(row)
                return
            row.status, row.body = status, body
            session.add(row)

    def sweep_answers(self, older_than: timedelta = timedelta(days=1)) -> int:
        """Forget answers that nobody will ask for again; returns how many."""
        limit: datetime = now() - older_than
        with self.writing() as session:
            old = session.exec(select(AnswerRow).where(col(AnswerRow.created_at) < limit)).all()
            for row in old:
                session.delete(row)
        return len(old)
