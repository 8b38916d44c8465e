"""Bringing the tables up to date, and back, with Alembic.

The revisions lie in `versions/`; `HEAD` names the newest so that opening an up-to-date database needs no Alembic.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from sqlalchemy import Engine, inspect, text
from sqlalchemy.exc import OperationalError

from agent.store.errors import StoreError

HEAD = "0003"


def current(engine: Engine) -> str | None:
    """The revision that the database is at; None for an empty one.

    Raises:
        StoreError: the database does not answer.
    """
    try:
        with engine.connect() as connection:
            if not inspect(connection).has_table("alembic_version"):
                return None
            return connection.execute(text("SELECT version_num FROM alembic_version")).scalar()
    except OperationalError as error:
        reason = str(error.orig).strip().splitlines()[0]
        url = engine.url.render_as_string(hide_password=True)
        raise StoreError(f"the database {url} does not answer ({reason}); is it running?") from None


def config(engine: Engine) -> Any:
    """Alembic's configuration for an open engine."""
    from alembic.config import Config

    made = Config()
    made.set_main_option("script_location", str(Path(__file__).parent))
    made.attributes["engine"] = engine
    return made


def upgrade(engine: Engine, revision: str = "head") -> None:
    """Bring the tables up to a revision; several processes may ask at once, one does it.

    Raises:
        StoreError: the database is at a revision that this version does not know.
    """
    _run("upgrade", engine, revision)


def downgrade(engine: Engine, revision: str) -> None:
    """Take the tables back to a revision; `base` removes them."""
    _run("downgrade", engine, revision)


def _run(command: str, engine: Engine, revision: str) -> None:
    from alembic import command as commands
    from alembic.util.exc import CommandError

    try:
        getattr(commands, command)(config(engine), revision)
    except CommandError as error:
        at = current(engine)
        raise StoreError(f"the database is at revision {at}, which cannot {command} to {revision}: {error}") from None
