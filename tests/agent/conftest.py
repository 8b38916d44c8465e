"""Databases for the tests of store, jobs and API: a SQLite file and, where a server listens, PostgreSQL."""

from __future__ import annotations

import os
import tempfile
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

POSTGRES = os.environ.get("REDRABBIT_TEST_POSTGRES", "postgresql://postgres@127.0.0.1:5432")


@contextmanager
def _database(template: str = "template0") -> Iterator[str]:
    """A PostgreSQL database of its own, dropped afterwards; skips where no server listens."""
    import psycopg
    from psycopg import sql

    try:
        admin = psycopg.connect(f"{POSTGRES}/postgres", autocommit=True, connect_timeout=2)
    except psycopg.OperationalError:
        pytest.skip("no PostgreSQL listens at 127.0.0.1:5432")
    name = f"redrabbit_test_{uuid.uuid4().hex[:12]}"
    with admin:
        create = sql.SQL("CREATE DATABASE {} TEMPLATE {}")
        admin.execute(create.format(sql.Identifier(name), sql.Identifier(template)))
        try:
            yield f"{POSTGRES}/{name}"
        finally:
            admin.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))


@pytest.fixture
def postgres_url() -> Iterator[str]:
    """An empty database."""
    with _database() as url:
        yield url


@pytest.fixture(scope="session")
def postgres_template() -> Iterator[str]:
    """A database with all tables, ours and those of the jobs, to be copied: making them takes seconds."""
    from agent.jobs import client
    from agent.settings import Settings
    from agent.store.repository import Store

    with _database() as url, tempfile.TemporaryDirectory() as folder:
        settings = Settings(data_dir=Path(folder), database_url=url, _env_file=None)
        Store(settings.store_url).close()
        client.launch(settings, work=False)
        client.shutdown()
        yield url.rsplit("/", 1)[-1]


@pytest.fixture
def migrated_postgres_url(postgres_template: str) -> Iterator[str]:
    """A database with all tables, and nothing in them."""
    with _database(postgres_template) as url:
        yield url


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The same test on both databases."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'test.db'}"
    url: str = request.getfixturevalue("postgres_url")
    return url.replace("postgresql://", "postgresql+psycopg://", 1)
