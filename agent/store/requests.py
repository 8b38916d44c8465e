"""Paid requests to fal.ai: each is recorded before it is sent, so that what was sent can be told from what was not.

States: `sending` (recorded; whoever recorded it sends it, once) → `accepted` (fal.ai named its id) → `answered` (its
result document is here) → `done` (the picture's bytes are here). `failed`: certainly not paid for. `unknown`: sent, and
nobody can say whether it was accepted. `cancelling`: its job was cancelled and fal.ai asked to drop it, which it may
still not do; then `cancelled` where it did, `answered` where it made the picture all the same. Money counts from
`sending` on; only `failed` and `cancelled` give it back.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import func, text
from sqlmodel import Field, Session, col, select

from agent.store.base import Queries, Row, json_field, now, time_field
from agent.store.errors import NotFoundError
from tools.errors import RedRabbitError

SPENDING_LOCK = 720_301
"""Key of the PostgreSQL advisory lock under which money is counted, beside those of `agent.jobs.executors`."""
OPEN = ("sending", "accepted", "answered", "unknown", "cancelling")
UNPAID = ("failed", "cancelled")


class SpendingError(RedRabbitError):
    """A request would go over what may be spent."""


class RequestRow(Row, table=True):
    """One request; `id` is the hash of what is asked for."""

    __tablename__ = "provider_request"

    job_id: str = Field(max_length=80, index=True)
    endpoint: str = Field(max_length=200)
    state: str = Field(max_length=20, index=True)
    price_usd: float = 0.0
    tries: int = 1
    provider_id: str | None = Field(default=None, max_length=200, index=True)
    webhook: bool = False
    """The answer is delivered to us even where the reply to the submit was lost."""
    payload: dict[str, Any] | None = json_field(default=None, nullable=True)
    error: str | None = None
    result_key: str | None = Field(default=None, max_length=100)
    sent_at: datetime = time_field(index=True)
    updated_at: datetime = time_field()
    history: list[dict[str, Any]] = json_field(default_factory=list)
    """Earlier tries: `provider_id`, `error` and when."""


class DeliveryRow(Row, table=True):
    """A webhook delivery that was believed; `id` is the hash of its signed message."""

    __tablename__ = "webhook_delivery"

    provider_id: str = Field(max_length=200, index=True)


@dataclass(frozen=True)
class Allowance:
    """What may be spent, in US dollars; None: no limit."""

    per_job: float | None = None
    per_day: float | None = None


class RequestQueries(Queries):
    """Record and follow paid requests."""

    def claim_request(self, row: RequestRow, allowance: Allowance) -> tuple[RequestRow, bool]:
        """Record a request that is about to be sent.

        Returns:
            The record, and True where the caller must now send it: it is new, or failed before. False: somebody has
            sent it, or is about to.

        Raises:
            SpendingError: it would go over what the job or the day may cost.
        """
        with self.writing() as session:
            self._lock_money(session)
            known = session.get(RequestRow, row.id)
            if known is not None and known.state not in UNPAID:
                return known, False
            _check_money(session, row, allowance)
            if known is None:
                session.add(row)
                return row, True
            known.history = [*known.history, _note(known)]
            known.state, known.tries, known.error = "sending", known.tries + 1, None
            known.provider_id, known.payload = None, None
            known.price_usd, known.job_id, known.webhook = row.price_usd, row.job_id, row.webhook
            known.sent_at = known.updated_at = now()
            session.add(known)
            return known, True

    def get_request(self, request_key: str) -> RequestRow:
        """One request.

        Raises:
            NotFoundError: no such request.
        """
        return self._get(RequestRow, request_key, "request")

    def list_requests(self, *, limit: int = 50, after: str | None = None, **where: Any) -> list[RequestRow]:
        """Newest first."""
        return self._list(RequestRow, limit=limit, after=after, where=where)

    def note_accepted(self, request_key: str, provider_id: str) -> RequestRow:
        """fal.ai took it and named its id."""
        with self.writing() as session:
            row = _locked(session, request_key)
            if row.state in ("sending", "unknown"):
                row.state, row.provider_id, row.updated_at = "accepted", provider_id, now()
                session.add(row)
        return row

    def note_answer(
        self,
        request_key: str,
        provider_id: str,
        *,
        payload: dict[str, Any] | None = None,
        error: str | None = None,
        delivery_id: str | None = None,
    ) -> str:
        """The answer came: by webhook (`delivery_id`) or by asking. Whichever comes first counts.

        Returns:
            `noted`; `late` where it is a picture whose job was cancelled; `duplicate` where the answer is known;
            `replayed` where this very delivery was seen; `foreign` where the record belongs to another request of
            fal.ai's.
        """
        with self.writing() as session:
            row = _locked(session, request_key)
            if delivery_id is not None:
                if session.get(DeliveryRow, delivery_id) is not None:
                    return "replayed"
                session.add(DeliveryRow(id=delivery_id, provider_id=provider_id))
            if row.provider_id not in (None, provider_id) or provider_id in _earlier(row):
                # An earlier try's late delivery must not settle a later one, even before that has an id.
                return "foreign"
            withdrawn = row.state in ("cancelling", "cancelled")
            if row.state not in ("sending", "accepted", "unknown", "cancelling") and not (withdrawn and error is None):
                return "duplicate"
            row.provider_id, row.payload, row.error = provider_id, payload, error
            failed = "cancelled" if withdrawn else "failed"
            row.state, row.updated_at = failed if error is not None else "answered", now()
            session.add(row)
        return "late" if withdrawn and error is None else "noted"

    def settle_request(
        self,
        request_key: str,
        state: str,
        *,
        error: str | None = None,
        result_key: str | None = None,
        expected: tuple[str, ...] = OPEN,
    ) -> RequestRow:
        """Bring a request to `done`, `failed`, `unknown` or `cancelling`; one in no expected state stays as it is."""
        with self.writing() as session:
            row = _locked(session, request_key)
            if row.state in expected:
                row.state, row.error, row.updated_at = state, error, now()
                row.result_key = result_key or row.result_key
                session.add(row)
        return row

    def spent_usd(self, *, job_id: str | None = None, since: datetime | None = None) -> float:
        """What was, or may have been, paid for: by a job, since a time, or ever."""
        with self.reading() as session:
            return _spent(session, job_id, since)

    def sweep_deliveries(self, older_than: timedelta = timedelta(hours=1)) -> int:
        """Forget deliveries that are refused for their age anyway; returns how many."""
        with self.writing() as session:
            old = session.exec(select(DeliveryRow).where(col(DeliveryRow.created_at) < now() - older_than)).all()
            for row in old:
                session.delete(row)
        return len(old)

    def _lock_money(self, session: Session) -> None:
        # SQLite's write lock is taken already; PostgreSQL would count money that another transaction is spending.
        if self.engine.dialect.name == "postgresql":
            session.connection().execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": SPENDING_LOCK})


def start_of_day() -> datetime:
    """Midnight, UTC."""
    return now().replace(hour=0, minute=0, second=0, microsecond=0)


def _locked(session: Session, request_key: str) -> RequestRow:
    row = session.get(RequestRow, request_key, with_for_update=True)
    if row is None:
        raise NotFoundError(f"there is no request {request_key[:64]!r}")
    return row


def _check_money(session: Session, row: RequestRow, allowance: Allowance) -> None:
    keep = "what is paid for is kept, and the same job goes on from there"
    for limit, spent, whose in (
        (allowance.per_job, _spent(session, row.job_id, None), "this job"),
        (allowance.per_day, _spent(session, None, start_of_day()), "all jobs of a day"),
    ):
        if limit is not None and spent + row.price_usd > limit + 1e-9:
            raise SpendingError(
                f"{whose} may spend ${limit:.2f} at fal.ai, ${spent:.2f} is spent and the next picture costs about "
                f"${row.price_usd:.2f}; allow more and start again: {keep}"
            )


def _spent(session: Session, job_id: str | None, since: datetime | None) -> float:
    query = select(func.coalesce(func.sum(RequestRow.price_usd), 0.0)).where(col(RequestRow.state).not_in(UNPAID))
    if job_id is not None:
        query = query.where(RequestRow.job_id == job_id)
    if since is not None:
        query = query.where(col(RequestRow.sent_at) >= since)
    return float(session.exec(query).one())


def _earlier(row: RequestRow) -> set[str | None]:
    """fal.ai's ids of the tries before this one."""
    return {note["provider_id"] for note in row.history}


def _note(row: RequestRow) -> dict[str, Any]:
    return {"provider_id": row.provider_id, "error": row.error, "sent_at": row.sent_at.isoformat()}
