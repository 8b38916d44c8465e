"""The way into the store: one object with the queries of every noun."""

from __future__ import annotations

from functools import lru_cache

from sqlalchemy import text

from agent.settings import Settings
from agent.store import migrations
from agent.store.audit import AuditQueries
from agent.store.blueprints import BlueprintQueries
from agent.store.conversations import ConversationQueries
from agent.store.datasets import DatasetQueries
from agent.store.detectors import DetectorQueries
from agent.store.engine import open_engine
from agent.store.images import ImageQueries
from agent.store.inspections import InspectionQueries
from agent.store.keys import KeyQueries
from agent.store.library import LibraryQueries
from agent.store.lineups import LineupQueries
from agent.store.requests import RequestQueries
from agent.store.scores import ScoreQueries


class Store(
    BlueprintQueries,
    ImageQueries,
    ScoreQueries,
    DatasetQueries,
    DetectorQueries,
    InspectionQueries,
    ConversationQueries,
    KeyQueries,
    LibraryQueries,
    RequestQueries,
    LineupQueries,
    AuditQueries,
):
    """Everything the product remembers, in one database.

    Safe to share between threads and, on the same database, between processes.
    """

    def __init__(self, url: str, *, migrate: bool = True) -> None:
        """Open the database.

        Args:
            url: `sqlite:///path` or `postgresql+psycopg://user@host/name`.
            migrate: bring the tables up to date first; costs one query where they are.

        Raises:
            StoreError: the URL cannot be used, or the tables are newer than this version knows.
        """
        self.url = url
        self.engine = open_engine(url)
        if migrate and migrations.current(self.engine) != migrations.HEAD:
            migrations.upgrade(self.engine)

    def ping(self) -> None:
        """One query; raises where the database does not answer."""
        with self.engine.connect() as connection:
            connection.execute(text("SELECT 1"))

    def close(self) -> None:
        """Let the connections go."""
        self.engine.dispose()


@lru_cache(maxsize=8)
def _open(url: str) -> Store:
    return Store(url)


def open_store(settings: Settings) -> Store:
    """The store of these settings; the same object each time in one process."""
    return _open(settings.store_url)
