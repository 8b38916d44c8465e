"""Who is alive: so that the jobs of a process that died are taken up by one that runs.

Each process holds a lock under its own name for as long as it lives: an advisory lock on PostgreSQL, a locked file
beside a SQLite database. The system frees the lock when the process ends, however it ends; a name whose lock is free
is dead. DBOS then hands its jobs out again.
"""

from __future__ import annotations

import contextlib
import os
import socket
import time
import uuid
from pathlib import Path
from typing import Any, Protocol

from agent.settings import Settings

LOCK_SPACE = 720_300
"""First key of the PostgreSQL advisory locks, so that they never meet another application's."""


SWEEP_AFTER_S = 60.0


class Registry(Protocol):
    """Knows which process names are alive."""

    name: str
    """This process's own."""

    def hold(self) -> None:
        """Take the own lock, again if the connection was lost."""
        ...

    def is_dead(self, name: str) -> bool:
        """True when no process holds this name."""
        ...

    def release(self) -> None:
        """Let go of the own lock."""
        ...


def new_name() -> str:
    """A name that no other process has."""
    return f"{socket.gethostname()[:40]}-{os.getpid()}-{uuid.uuid4().hex[:8]}"


class FileRegistry:
    """Names as locked files in a folder of this machine."""

    def __init__(self, folder: Path) -> None:
        """Use a folder; makes it."""
        from filelock import FileLock

        folder.mkdir(parents=True, exist_ok=True)
        self.folder = folder
        self.name = new_name()
        self._lock = FileLock(self._path(self.name), thread_local=False)

    def _path(self, name: str) -> Path:
        return self.folder / f"{Path(name).name}.lock"

    def hold(self) -> None:
        """Take the own lock."""
        if not self._lock.is_locked:
            self._lock.acquire(timeout=5)

    def is_dead(self, name: str) -> bool:
        """True when the file is gone or nobody has it locked."""
        from filelock import FileLock, Timeout

        if name == self.name:
            return False
        path = self._path(name)
        if not path.exists():
            return True
        other = FileLock(path)
        try:
            other.acquire(timeout=0)
        except (Timeout, OSError):
            return False
        other.release()
        return True

    def sweep(self) -> None:
        """Remove the files of dead processes; a new file may be of a process that has yet to lock it."""
        for path in self.folder.glob("*.lock"):
            with contextlib.suppress(OSError):
                if time.time() - path.stat().st_mtime > SWEEP_AFTER_S and self.is_dead(path.stem):
                    path.unlink()

    def release(self) -> None:
        """Let go of the own lock and remove its file."""
        self._lock.release()
        with contextlib.suppress(OSError):
            self._path(self.name).unlink()


class PostgresRegistry:
    """Names as advisory locks of one connection that lives as long as the process."""

    def __init__(self, url: str) -> None:
        """Use a database; `url` is `postgresql://…`."""
        self.url = url
        self.name = new_name()
        self._connection: Any = None

    def hold(self) -> None:
        """Take the own lock; where the connection was lost, open one and take it again.

        Raises:
            psycopg.OperationalError: the database does not answer.
        """
        import psycopg

        if self._connection is not None:
            try:
                self._connection.execute("SELECT 1")
                return
            except psycopg.OperationalError:
                self._connection.close()
                self._connection = None
        connection = psycopg.connect(
            self.url, autocommit=True, connect_timeout=5, application_name="redrabbit executor", keepalives_idle=10
        )
        connection.execute("SELECT pg_advisory_lock(%s, hashtext(%s))", (LOCK_SPACE, self.name))
        self._connection = connection

    def is_dead(self, name: str) -> bool:
        """True when the lock of this name is free."""
        if name == self.name or self._connection is None:
            return False
        key = (LOCK_SPACE, name)
        free = self._connection.execute("SELECT pg_try_advisory_lock(%s, hashtext(%s))", key).fetchone()[0]
        if free:
            self._connection.execute("SELECT pg_advisory_unlock(%s, hashtext(%s))", key)
        return bool(free)

    def sweep(self) -> None:
        """Nothing to do: the database forgets locks by itself."""

    def release(self) -> None:
        """Close the connection, and with it the lock."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None


def open_registry(settings: Settings) -> FileRegistry | PostgresRegistry:
    """The registry that fits the database."""
    if settings.database_url:
        return PostgresRegistry(settings.database_url.replace("postgresql+psycopg://", "postgresql://", 1))
    return FileRegistry(settings.data_dir / "executors")
