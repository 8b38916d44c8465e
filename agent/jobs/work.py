"""What a running step may do beside its work: say how far it is, and learn that it should stop."""

from __future__ import annotations

import threading
import time
from pathlib import Path

from dbos import DBOS

from agent.jobs.errors import JobCancelledError, JobStoppedError
from agent.settings import Settings, get_settings
from agent.store.errors import NotFoundError
from agent.store.repository import Store

PROGRESS_EVERY_S = 0.25
CHECK_EVERY_S = 0.5
PROGRESS_EVENT = "progress"

_settings: Settings | None = None
stopping = threading.Event()
"""Set when this process goes down: steps stop, their jobs stay open and go on elsewhere or later."""


def use_settings(settings: Settings) -> None:
    """Remember the settings that `launch` was given."""
    global _settings  # noqa: PLW0603
    _settings = settings


class Work:
    """The step's view of its job; make one at the start of a step."""

    def __init__(self, low: float = 0.0, high: float = 1.0, *, short: bool = False) -> None:
        """Take the part of the job's progress from `low` to `high` as this step's own.

        A `short` step is mostly over before anybody looks: until it is not, it says nothing and asks nothing of the
        database, which would take longer than its work. DBOS looks for a cancellation between steps.
        """
        job_id = DBOS.workflow_id
        assert job_id is not None, "Work is made inside a step"
        self.job_id: str = job_id
        self.settings = _settings or get_settings()
        self._low, self._high = low, high
        self._said_at = self._looked_at = time.monotonic() if short else -1e9
        self._quiet = short
        self._stop = False

    def progress(self, done: int, total: int, message: str = "", *, at_once: bool = False) -> None:
        """Say how far the step is; written at most four times a second, and always at the end.

        A short step that is over sooner writes nothing, but `at_once`.
        """
        now = time.monotonic()
        if now - self._said_at < PROGRESS_EVERY_S and (self._quiet or done < total) and not at_once:
            return
        self._said_at, self._quiet = now, False
        share = min(max(done / total, 0.0), 1.0) if total > 0 else 0.0
        fraction = self._low + share * (self._high - self._low)
        DBOS.set_event(PROGRESS_EVENT, {"fraction": fraction, "message": message})

    def should_stop(self) -> bool:
        """True when the job was cancelled, its time is up, or the process goes down.

        Asks the database at most twice a second.
        """
        if stopping.is_set():
            return True
        now = time.monotonic()
        if not self._stop and now - self._looked_at >= CHECK_EVERY_S:
            self._looked_at = now
            status = DBOS.get_workflow_status(self.job_id)
            self._stop = status is None or status.status == "CANCELLED"
        return self._stop

    def check(self) -> None:
        """Raise when the job should stop: after a tool came back early.

        Raises:
            JobCancelledError: somebody cancelled it, or its time is up.
            JobStoppedError: this process goes down.
        """
        if not self._quiet:
            self._looked_at = -1e9
        if self.should_stop():
            if self._stop:
                raise JobCancelledError("the job was cancelled")
            raise JobStoppedError("the job was stopped")

    def folder(self, noun: str, asked: Path | None) -> Path:
        """Where the job's results go: what was asked, or `data_dir/<noun>/<job id>`."""
        return asked if asked is not None else self.settings.data_dir / noun / self.job_id

    @staticmethod
    def conversation(asked: str | None, store: Store) -> str | None:
        """The conversation to note on a record, where the store knows it (the terminal's are not stored)."""
        if asked is None:
            return None
        try:
            return store.get_conversation(asked).id
        except NotFoundError:
            return None
