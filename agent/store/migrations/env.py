"""Alembic's entry: runs the revisions in one transaction, one process at a time."""

from __future__ import annotations

from alembic import context
from sqlalchemy import Engine, text
from sqlmodel import SQLModel

import agent.store.repository  # noqa: F401  (registers every table)

LOCK = 7203
"""Any number; the advisory lock under which PostgreSQL migrates."""


def run() -> None:
    engine: Engine = context.config.attributes["engine"]
    with engine.execution_options(redrabbit_write=True).connect() as connection:
        sqlite = connection.dialect.name == "sqlite"
        if sqlite:
            # Batch mode makes a table anew and drops the old one, which must not cascade into its children.
            connection.exec_driver_sql("PRAGMA foreign_keys=OFF")
            connection.rollback()
            connection.connection.execute("PRAGMA foreign_keys=OFF")
        context.configure(
            connection=connection,
            target_metadata=SQLModel.metadata,
            render_as_batch=True,
            compare_type=True,
            transactional_ddl=True,
        )
        with context.begin_transaction():
            if not sqlite:
                connection.execute(text(f"SELECT pg_advisory_xact_lock({LOCK})"))
            context.run_migrations()
        if sqlite:
            connection.rollback()
            connection.connection.execute("PRAGMA foreign_keys=ON")


run()
