"""Letting a job in: once for each idempotency key, and not while too many wait."""

from __future__ import annotations

import hashlib
import json
import threading
from typing import Any

from agent.api.context import Context, job_id_of
from agent.api.errors import OverloadedError
from agent.jobs import client
from agent.jobs.status import JobStatus

WAITING_REQUESTS = 16
"""Each waits in a thread, and there are about 40 for all requests of a process."""
_waiting = threading.BoundedSemaphore(WAITING_REQUESTS)


def admit(ctx: Context, caller: str, route: str, key: str | None) -> str | None:
    """The id of the job that a request asks for; None where any will do.

    Args:
        ctx: the application's things.
        caller: whose request it is.
        route: of which kind.
        key: the caller's Idempotency-Key.

    Raises:
        OverloadedError: too many jobs wait, and this would be one more.
    """
    job_id, most = job_id_of(key, caller, route), ctx.settings.jobs_waiting
    if job_id is not None and client.exists(job_id):
        return job_id
    if client.count_open(most, parts=False) >= most:
        # Nobody would see the answer in time.
        raise OverloadedError(too_many(most))
    return job_id


def too_many(most: int) -> str:
    """Why a job is not let in."""
    return f"{most} jobs are waiting already; try again in a moment"


def wait(job_id: str, seconds: float) -> JobStatus:
    """How a job is doing, at the latest after some seconds; at once where too many requests wait already."""
    if seconds <= 0 or not _waiting.acquire(blocking=False):
        return client.status(job_id)
    try:
        return client.wait(job_id, seconds)
    finally:
        _waiting.release()


def request_hash(**asked: Any) -> str:
    """What tells two requests of the same kind apart."""
    text = json.dumps(asked, sort_keys=True, default=str)
    return hashlib.sha256(text.encode("utf-8", "surrogateescape")).hexdigest()
