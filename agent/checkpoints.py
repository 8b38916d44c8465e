"""Where conversations live between messages: SQLite in the data folder, PostgreSQL where one is set."""

from __future__ import annotations

import sqlite3
import threading
from functools import lru_cache
from typing import Any

from langgraph.checkpoint.base import BaseCheckpointSaver

from agent.settings import Settings

_lock = threading.Lock()


def open_checkpointer(settings: Settings) -> BaseCheckpointSaver[Any]:
    """The checkpointer of these settings, opened once in a process and shared by its threads."""
    with _lock:
        if settings.database_url:
            return _postgres(settings.database_url)
        return _sqlite(str(settings.checkpoint_path))


@lru_cache(maxsize=8)
def _sqlite(path: str) -> BaseCheckpointSaver[Any]:
    from pathlib import Path

    from langgraph.checkpoint.sqlite import SqliteSaver

    Path(path).parent.mkdir(parents=True, exist_ok=True)
    connection = sqlite3.connect(path, check_same_thread=False, timeout=30.0)
    saver = SqliteSaver(connection)
    saver.setup()
    return saver


@lru_cache(maxsize=8)
def _postgres(url: str) -> BaseCheckpointSaver[Any]:
    from langgraph.checkpoint.postgres import PostgresSaver
    from psycopg.rows import dict_row
    from psycopg_pool import ConnectionPool

    pool: Any = ConnectionPool(
        url, max_size=8, kwargs={"autocommit": True, "prepare_threshold": 0, "row_factory": dict_row}
    )
    saver = PostgresSaver(pool)
    saver.setup()
    return saver
