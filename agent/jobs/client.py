"""Start, watch and cancel jobs, from any process on the same database.

launch(get_settings())
job_id = start("sculpt", {"blueprint": …, "good": […], "count": 20})
done = wait(job_id, timeout_s=600, on_progress=print)
"""

from __future__ import annotations

import itertools
import time
import uuid
from collections.abc import Callable, Sequence
from typing import Any

from agent import telemetry
from agent.jobs import engine
from agent.jobs.errors import JobConflictError, JobInputError, JobNotFoundError
from agent.jobs.kinds import QUEUES, check_arguments, get_kind
from agent.jobs.status import FINISHED, OPEN, STATES, JobStatus, shown
from agent.settings import Settings

OPEN_SQL = ", ".join(f"'{name}'" for name in OPEN)
PAGE = 200


def launch(settings: Settings, *, work: bool = True, queues: Sequence[str] | None = None) -> None:
    """Run jobs in this process; calls after the first do nothing.

    Args:
        settings: where the database is.
        work: False only starts and watches.
        queues: take jobs of these queues only, such as `gpu` on a machine with a graphics card.

    Raises:
        JobInputError: there is no such queue.
    """
    wrong = sorted(set(queues or ()) - set(QUEUES))
    if wrong:
        raise JobInputError(f"there is no queue {wrong[0][:40]!r}; use some of {', '.join(QUEUES)}")
    engine.launch(settings, work=work, queues=queues)


def launch_soon(settings: Settings, *, work: bool = True) -> None:
    """Launch in the background; whoever needs jobs meanwhile waits for it."""
    engine.launch_soon(settings, work=work)


def shutdown() -> None:
    """Stop running jobs here; open ones go on elsewhere, or when the product starts again."""
    engine.shutdown()


def start(
    kind: str,
    arguments: dict[str, Any],
    *,
    job_id: str | None = None,
    request: str = "",
    deadline_s: float | None = None,
    retry_of: str | None = None,
    reason: str = "",
) -> str:
    """Put a job on its queue.

    Args:
        kind: `sculpt`, `fit`, `inspect`, `export`.
        arguments: see `agent.jobs.kinds`; paths and Blueprints may be objects or JSON.
        job_id: an id of the caller's own; starting it a second time changes nothing.
        request: a hash of what was asked for; the same id with another one is refused.
        deadline_s: seconds from when it starts to run until it has failed; by default the kind's.
        retry_of: the job that this one does again; see `retry`.
        reason: why.

    Returns:
        The job's id.

    Raises:
        JobInputError: no such kind, or arguments that it cannot use.
        JobConflictError: the id belongs to a job that was asked for otherwise.
        JobsNotRunningError: `launch` was not called.
    """
    from dbos import DBOS

    engine.current()
    checked = check_arguments(kind, arguments)
    if deadline_s is not None and not 0 < deadline_s <= 7 * 86400:
        raise JobInputError(f"a deadline lies between 0 s and a week, not at {deadline_s:g} s")
    chosen = job_id or uuid.uuid4().hex
    if job_id is not None and _known(job_id, kind, request):
        return job_id
    options = {
        "workflow_name": kind,
        "queue_name": get_kind(kind).queue,
        "workflow_id": chosen,
        "workflow_timeout": deadline_s or get_kind(kind).deadline_s,
        "attributes": {
            "conversation_id": checked.conversation_id,
            "name": checked.name,
            "request": request,
            **telemetry.carry(),
            **({"retry_of": retry_of, "reason": reason[:500]} if retry_of else {}),
        },
    }
    DBOS.enqueue_workflow_with_options(options, checked.model_dump(mode="json"))
    return chosen


def _known(job_id: str, kind: str, request: str) -> bool:
    """True where a job has this id already, and was asked for in the same way."""
    found = _find(job_id)
    if found and (found[0].name, (found[0].attributes or {}).get("request", "")) != (kind, request):
        raise JobConflictError("this Idempotency-Key was used for another request; take a new one")
    return bool(found)


def _find(job_id: str) -> list[Any]:
    from dbos import DBOS

    engine.current()
    found: list[Any] = DBOS.list_workflows(workflow_ids=[job_id], load_input=False)
    return found


def exists(job_id: str) -> bool:
    """True where a job has this id."""
    return bool(_find(job_id))


def status(job_id: str) -> JobStatus:
    """How a job is doing.

    Raises:
        JobNotFoundError: no job has this id.
    """
    from dbos import DBOS

    found = _find(job_id)
    if not found:
        raise JobNotFoundError(f"there is no job {job_id[:64]!r}; list the jobs to see which exist")
    return shown(found[0], DBOS.get_all_events(job_id))


def retry(job_id: str, reason: str, *, new_id: str | None = None) -> str:
    """Do a job that failed or was cancelled again, with the same arguments; returns the new job's id.

    What is kept by its content (pictures that were paid for, evaluations) is found again.

    Raises:
        JobNotFoundError: no job has this id.
        JobInputError: it did not fail.
    """
    from dbos import DBOS

    before = status(job_id)
    if before.state not in ("failed", "cancelled"):
        shown = f"the job {job_id[:64]} is {before.state}"
        raise JobInputError(f"{shown}; only one that failed or was cancelled can be repeated")
    found = DBOS.list_workflows(workflow_ids=[job_id])[0]
    arguments = dict(found.input["args"][0])
    return start(before.kind, arguments, job_id=new_id, retry_of=job_id, reason=reason)


def list_jobs(
    *, limit: int = 50, offset: int = 0, kind: str | None = None, conversation_id: str | None = None
) -> list[JobStatus]:
    """Newest first; `offset` counts the jobs that match."""
    from dbos import DBOS

    engine.current()
    found: list[Any] = []
    for start_at in itertools.count(0, PAGE):
        page = DBOS.list_workflows(limit=PAGE, offset=start_at, name=kind, sort_desc=True, load_input=False)
        # Matched here because DBOS filters by attributes on PostgreSQL only.
        found += [job for job in page if _listed(job, kind, conversation_id)]
        if len(page) < PAGE or len(found) >= offset + limit:
            break
    return [shown(job, DBOS.get_all_events(job.workflow_id)) for job in found[offset : offset + limit]]


def _listed(job: Any, kind: str | None, conversation_id: str | None) -> bool:
    """A job's parts are shown only to who asks for their kind."""
    attributes = job.attributes or {}
    return (kind is not None or not attributes.get("parent")) and conversation_id in (
        None,
        attributes.get("conversation_id"),
    )


def cancel(job_id: str) -> JobStatus:
    """Stop a job; one that is finished stays as it is.

    Raises:
        JobNotFoundError: no job has this id.
    """
    from dbos import DBOS

    if not status(job_id).finished:
        # Noted first, so that a job which DBOS itself cancels at its deadline can be told from this one.
        DBOS.update_workflow_attributes(job_id, {"cancelled": True}, merge=True)
        DBOS.cancel_workflow(job_id)
        # The pictures that it asks for are jobs of their own (`<id>-<number>`); those not begun cost nothing yet.
        for part in DBOS.list_workflows(workflow_id_prefix=f"{job_id}-", load_input=False, load_output=False):
            ours = (part.attributes or {}).get("parent") == job_id
            if ours and STATES[part.status] not in FINISHED:
                DBOS.update_workflow_attributes(part.workflow_id, {"cancelled": True}, merge=True)
                DBOS.cancel_workflow(part.workflow_id)
    return status(job_id)


def wait(job_id: str, timeout_s: float, on_progress: Callable[[JobStatus], None] | None = None) -> JobStatus:
    """Wait until a job is finished, or the time is up; returns how it is then.

    Args:
        job_id: the job.
        timeout_s: how long; the job itself goes on afterwards.
        on_progress: called whenever state, fraction or message changed.

    Raises:
        JobNotFoundError: no job has this id.
    """
    end, pause, shown = time.monotonic() + timeout_s, 0.02, ("", 0.0, "")
    while True:
        now = status(job_id)
        if on_progress is not None and (now.state, now.fraction, now.message) != shown:
            shown = (now.state, now.fraction, now.message)
            on_progress(now)
        if now.finished or time.monotonic() >= end:
            return now
        time.sleep(min(pause, max(end - time.monotonic(), 0.0)))
        pause = min(pause * 1.5, 0.3)


def count_open(most: int = 1_000_000, *, parts: bool = True) -> int:
    """How many jobs are queued or running; counts no further than `most`.

    Asks the table of DBOS's documented schema itself: a list of a hundred thousand jobs would be loaded whole.

    Args:
        most: stop there.
        parts: count the pictures of a data set, which wait on a queue of their own, too.
    """
    from sqlalchemy import text

    database = engine.current().database
    table = "dbos.workflow_status" if database.dialect.name == "postgresql" else "workflow_status"
    whole = "" if parts else " AND name != 'inpaint'"
    query = f"SELECT count(*) FROM (SELECT 1 FROM {table} WHERE status IN ({OPEN_SQL}){whole} LIMIT :most) AS open_jobs"
    with database.connect() as connection:
        return int(connection.execute(text(query), {"most": most}).scalar_one())
