"""DBOS in this process: its configuration, the queues, and taking up the jobs of dead processes."""

from __future__ import annotations

import contextlib
import importlib
import logging
import threading
from collections.abc import Sequence
from typing import Any

from agent.jobs.errors import JobsNotRunningError
from agent.jobs.executors import FileRegistry, PostgresRegistry, open_registry
from agent.jobs.kinds import KINDS, QUEUES
from agent.settings import Settings
from agent.store.engine import open_engine

APPLICATION = "redrabbit"
WORKFLOWS_VERSION = "3"
"""Changes when a workflow's steps change in a way that half-done jobs could not follow."""
QUEUE_POLL_S = 0.25
INSPECT_POLL_S = 0.15
INSPECT_AT_ONCE = 6
"""Short jobs of a process: it takes as many a look, so 40 a second, and a single photo does not wait for a folder of
thousands. A loaded detector serves one at a time."""
FAL_A_PROCESS = 4
"""Pictures that one process asks fal.ai for at the same time; it mostly waits for them."""
LOOK_EVERY_S = 2.0
AGAIN_AFTER_S = 5.0
"""After a launch that failed."""
LOOKS_UNTIL_DEAD = 2
"""A name must look dead this often: a database that restarts drops every lock for a moment."""

QUIET = frozenset(
    {
        "PortableWorkflowError",
        "DBOSAwaitedWorkflowCancelledError",
        "DBOSWorkflowCancelledError",
        "JobCancelledError",
        "JobStoppedError",
    }
)

log = logging.getLogger("redrabbit.jobs")


def _worth_logging(record: logging.LogRecord) -> bool:
    """False for what DBOS logs as an error and is none: a job that failed on purpose or was cancelled."""
    error = record.exc_info[1] if record.exc_info else None
    return error is None or type(error).__name__ not in QUIET


def limits(queue: str, settings: Settings) -> dict[str, Any]:
    """How much of a queue runs at once in a process and on all machines, and how much a minute."""
    if queue != "fal":
        return {"worker_concurrency": INSPECT_AT_ONCE if queue == "inspect" else 1}
    return {
        "worker_concurrency": min(FAL_A_PROCESS, settings.fal_at_once),
        "global_concurrency": settings.fal_at_once,
        "limiter": {"limit": settings.fal_per_minute, "period": 60.0},
    }


class Engine:
    """A launched DBOS and its companion thread."""

    def __init__(self, settings: Settings, *, work: bool, queues: Sequence[str] | None = None) -> None:
        """Launch; `work=False` starts and watches jobs but runs none; `queues`: only jobs of these."""
        from dbos import DBOS, DBOSPortableJSONSerializer

        from agent.jobs import work as running

        self.settings = settings
        running.use_settings(settings)
        running.stopping.clear()
        if not settings.database_url:
            settings.data_dir.mkdir(parents=True, exist_ok=True)
        self.registry: FileRegistry | PostgresRegistry = open_registry(settings)
        self.registry.hold()
        for kind in KINDS.values():
            importlib.import_module(kind.module)
        config: dict[str, Any] = {
            "name": APPLICATION,
            "system_database_url": settings.jobs_url,
            "application_version": WORKFLOWS_VERSION,
            "executor_id": self.registry.name,
            "serializer": DBOSPortableJSONSerializer(),
            "log_level": "ERROR",
            "enable_otlp": False,
            "notification_listener_polling_interval_sec": 0.25,
        }
        DBOS(config=config)
        logging.getLogger("dbos").addFilter(_worth_logging)
        try:
            if not work or queues is not None:
                DBOS.listen_queues(list(queues or ()) if work else [])
            DBOS.launch()
            for queue in QUEUES:
                pause = INSPECT_POLL_S if queue == "inspect" else QUEUE_POLL_S
                DBOS.register_queue(queue, polling_interval_sec=pause, **limits(queue, settings))
        except BaseException:
            # What is half there would be in the way of the next try.
            DBOS.destroy()
            self.registry.release()
            raise
        self.database = open_engine(settings.jobs_url)
        """To count in; DBOS has connections of its own."""
        self._stop = threading.Event()
        self._looks: dict[str, int] = {}
        self._thread = threading.Thread(target=self._watch, name="redrabbit-recovery", daemon=True)
        if work:
            self._thread.start()

    def _watch(self) -> None:
        while True:
            try:
                self.registry.hold()
                self.recover()
            except Exception as error:  # the database may be away for a moment; the next look tries again
                log.warning("looking for jobs of dead processes failed: %s", error)
            if self._stop.wait(LOOK_EVERY_S):
                return

    def recover(self) -> list[str]:
        """Look once; hand out again the jobs of processes that died; returns the names of those processes."""
        from dbos import DBOS

        pending = DBOS.list_workflows(status="PENDING", load_input=False, load_output=False)
        names = {job.executor_id for job in pending if job.executor_id} - {self.registry.name}
        dead = {name for name in names if self.registry.is_dead(name)}
        self._looks = {name: self._looks.get(name, 0) + 1 for name in dead}
        needed = 1 if isinstance(self.registry, FileRegistry) else LOOKS_UNTIL_DEAD
        gone = [name for name, looks in self._looks.items() if looks >= needed]
        if gone:
            # Not a public name, but DBOS's own recovery, and safe when several processes ask at once.
            DBOS._recover_pending_workflows(gone)
            log.info("took up the jobs of %s", ", ".join(gone))
        if not names:
            self.registry.sweep()
        return gone

    def close(self) -> None:
        """Stop taking jobs; what runs stays open and is taken up by another process or at the next start."""
        from dbos import DBOS

        from agent.jobs import work as running

        self._stop.set()
        if self._thread.is_alive():
            self._thread.join(timeout=5)
        DBOS.destroy()
        running.stopping.set()
        self.database.dispose()
        with contextlib.suppress(Exception):
            self.registry.release()


_engine: Engine | None = None
_launching: threading.Thread | None = None
_tried, _given_up = threading.Event(), threading.Event()
_lock = threading.Lock()


def launch(settings: Settings, *, work: bool = True, queues: Sequence[str] | None = None) -> Engine:
    """The process's engine, launched at the first call."""
    global _engine  # noqa: PLW0603
    with _lock:
        if _engine is None:
            _engine = Engine(settings, work=work, queues=queues)
        return _engine


def launch_soon(settings: Settings, *, work: bool = True) -> None:
    """Launch in a thread, again and again while it fails, as where the database is away; `current` waits for it."""
    global _launching  # noqa: PLW0603
    _given_up.clear()
    _tried.clear()
    _launching = threading.Thread(target=_keep_launching, args=(settings, work), daemon=True)
    _launching.start()


def _keep_launching(settings: Settings, work: bool) -> None:
    while not _given_up.is_set():
        try:
            launch(settings, work=work)
            return
        except Exception as error:
            log.warning("jobs cannot be launched (%s: %s); again in %g s", type(error).__name__, error, AGAIN_AFTER_S)
        finally:
            _tried.set()
        _given_up.wait(AGAIN_AFTER_S)


def shutdown() -> None:
    """Close the engine, if there is one."""
    global _engine, _launching  # noqa: PLW0603
    _given_up.set()
    if _launching is not None:
        _launching.join()
        _launching = None
    with _lock:
        if _engine is not None:
            _engine.close()
            _engine = None


def current() -> Engine:
    """The launched engine.

    Raises:
        JobsNotRunningError: `launch` was not called.
    """
    if _engine is None and _launching is not None:
        _tried.wait(timeout=30)
    if _engine is None:
        raise JobsNotRunningError("jobs are not running in this process; call agent.jobs.client.launch first")
    return _engine
