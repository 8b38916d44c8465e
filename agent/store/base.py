"""What every table shares: ids, UTC times, JSON columns and the session that queries run in."""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any, TypeVar

from sqlalchemy import JSON, DateTime, Dialect, Engine
from sqlalchemy.types import TypeDecorator
from sqlmodel import Field, Session, SQLModel, select

from agent.store.errors import NotFoundError

NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}
# Names that are the same on every database, so that a migration can drop what an earlier one made.
SQLModel.metadata.naming_convention = NAMING


class UtcDateTime(TypeDecorator[datetime]):
    """A time with its zone. SQLite drops zones, so times go in as UTC and come out marked as UTC."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002
        """UTC; a time without a zone is refused, because nobody can say what it means."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"{value.isoformat()} has no time zone; pass a UTC time")
        return value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002
        """The same time, aware, in UTC."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


def now() -> datetime:
    """The time, in UTC."""
    return datetime.now(UTC)


def new_id() -> str:
    """32 hex digits that nobody else has."""
    return uuid.uuid4().hex


def json_field(**options: Any) -> Any:
    """A column of JSON."""
    return Field(sa_type=JSON, **options)


def time_field(**options: Any) -> Any:
    """A column of UTC times; now, when nothing is given."""
    options.setdefault("default_factory", now)
    return Field(sa_type=UtcDateTime, **options)


class Row(SQLModel):
    """A record with an id and the time it was made."""

    id: str = Field(default_factory=new_id, primary_key=True, max_length=64)
    created_at: datetime = time_field(index=True)


R = TypeVar("R", bound=Row)


class Queries:
    """What the queries of each noun build on: sessions, and the plain get, list, save and delete."""

    engine: Engine

    @contextmanager
    def reading(self) -> Iterator[Session]:
        """A session for queries; what it returns stays readable after it closed."""
        with Session(self.engine, expire_on_commit=False) as session:
            yield session

    @contextmanager
    def writing(self) -> Iterator[Session]:
        """A session that commits at the end, or undoes everything when the body raised.

        On SQLite it takes the write lock at once, so that two processes wait for each other and neither fails midway.
        """
        engine = self.engine.execution_options(redrabbit_write=True)
        with Session(engine, expire_on_commit=False) as session, session.begin():
            yield session

    def _add(self, row: R) -> R:
        with self.writing() as session:
            session.add(row)
        return row

    def _get(self, table: type[R], record_id: str, noun: str) -> R:
        with self.reading() as session:
            row = session.get(table, record_id)
        if row is None:
            raise NotFoundError(f"there is no {noun} with id {record_id[:64]!r}; list them to see which exist")
        return row

    def _list(
        self, table: type[R], *, limit: int, after: str | None = None, where: Mapping[str, Any] | None = None
    ) -> list[R]:
        """Newest first; `after` is the id of the last record of the page before; a None in `where` is no condition."""
        query = select(table)
        for name, value in (where or {}).items():
            if value is not None:
                query = query.where(getattr(table, name) == value)
        created, key = getattr(table, "created_at"), getattr(table, "id")  # noqa: B009
        with self.reading() as session:
            if after is not None:
                last = session.get(table, after)
                if last is None:
                    raise NotFoundError(f"there is no record {after[:64]!r} to go on after; start from the first page")
                query = query.where((created < last.created_at) | ((created == last.created_at) & (key < last.id)))
            return list(session.exec(query.order_by(created.desc(), key.desc()).limit(limit)))

    def _delete(self, table: type[R], record_id: str, noun: str) -> None:
        with self.writing() as session:
            row = session.get(table, record_id)
            if row is None:
                raise NotFoundError(f"there is no {noun} with id {record_id[:64]!r}; nothing was deleted")
            session.delete(row)
