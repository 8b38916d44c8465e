"""Opening a database: SQLite with its safety switches on, or PostgreSQL."""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event, make_url
from sqlalchemy.exc import ArgumentError, NoSuchModuleError

from agent.store.errors import StoreError

BUSY_TIMEOUT_S = 30.0
"""How long one SQLite writer waits for another."""


def open_engine(url: str) -> Engine:
    """An engine for a SQLAlchemy URL; makes the folder of a SQLite file.

    Raises:
        StoreError: not a URL, or neither SQLite nor PostgreSQL.
    """
    try:
        parsed = make_url(url)
        kind = parsed.get_backend_name()
    except (ArgumentError, NoSuchModuleError):
        raise StoreError("the database URL cannot be read; write postgresql://user@host/name") from None
    if kind == "sqlite":
        if parsed.database and parsed.database != ":memory:":
            Path(parsed.database).parent.mkdir(parents=True, exist_ok=True)
        engine = create_engine(parsed, connect_args={"timeout": BUSY_TIMEOUT_S})
        event.listen(engine, "connect", _prepare_sqlite)
        event.listen(engine, "begin", _begin_sqlite)
        return engine
    if kind == "postgresql":
        return create_engine(parsed.set(drivername="postgresql+psycopg"), pool_pre_ping=True, pool_size=10)
    raise StoreError(f"{kind} is not supported as a database; use SQLite or PostgreSQL")


def _prepare_sqlite(connection: sqlite3.Connection, _record: Any) -> None:
    # Autocommit in the driver: SQLAlchemy's own BEGIN below decides when a transaction starts and which lock it takes.
    connection.isolation_level = None
    cursor = connection.cursor()
    for pragma in ("foreign_keys=ON", "journal_mode=WAL", "synchronous=NORMAL"):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _begin_sqlite(connection: Connection) -> None:
    writes = connection.get_execution_options().get("redrabbit_write", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")
