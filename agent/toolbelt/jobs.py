"""Long work as jobs: start and follow one, ask how it is doing, stop it."""

from __future__ import annotations

import uuid
from typing import Any

from pydantic import Field

from agent.events import ProgressEvent, TextEvent
from agent.state import JobNote
from agent.toolbelt.base import Arguments, Context, Outcome, tool
from agent.toolbelt.work import Runner
from agent.wording import say
from tools.errors import BadInputError


def run_job(context: Context, kind: str, arguments: dict[str, Any], announcement: str) -> str:
    """Say what will be done, do it as a job, and report its progress as events; returns the job's id.

    Raises:
        RedRabbitError: the job failed or was cancelled.
    """
    noted: list[str] = []

    def progress(job_id: str, fraction: float, message: str) -> None:
        if job_id not in noted:
            noted.append(job_id)
            context.memory.jobs.append(JobNote(id=job_id, kind=kind))
        context.emit(ProgressEvent(job_id=job_id, fraction=min(max(fraction, 0.0), 1.0), message=message))

    context.emit(TextEvent(text=announcement))
    job_id = _runner(context).run(kind, arguments, progress)
    progress(job_id, 1.0, say("job_state_done", context.language))
    return job_id


def _runner(context: Context) -> Runner:
    if context.get_runner is None:
        from agent.toolbelt.work import JobRunner

        return JobRunner(context.settings)
    return context.get_runner()


class JobArguments(Arguments):
    """Which job; the newest one of this conversation if not said."""

    job_id: str | None = Field(default=None, max_length=200)


@tool("job_status", JobArguments, aside=True)
def job_status(context: Context, job_id: str | None) -> Outcome:
    """Say how far a job is."""
    chosen = job_id or (context.memory.jobs[-1].id if context.memory.jobs else None)
    if chosen is None:
        return Outcome("no_jobs")
    status = _runner(context).status(chosen)
    state = say(f"job_state_{status['state']}", context.language)
    facts = {
        "job_id": chosen,
        "kind": say(f"job_{status['kind']}", context.language),
        "state": state,
        "percent": round(100 * float(status.get("fraction") or 0.0)),
        "error": status.get("error") or "",
    }
    return Outcome("job_status", facts)


@tool("cancel_job", JobArguments)
def cancel_job(context: Context, job_id: str | None) -> Outcome:
    """Stop a running job."""
    chosen = job_id or (context.memory.jobs[-1].id if context.memory.jobs else None)
    if chosen is None:
        raise BadInputError(say("no_jobs", context.language))
    before = _runner(context).status(chosen)["state"]
    if before in ("done", "failed", "cancelled"):
        return Outcome("nothing_to_cancel", {"state": say(f"job_state_{before}", context.language)})
    _runner(context).cancel(chosen)
    return Outcome("job_cancelled", {"job_id": chosen, "tag": uuid.uuid4().hex[:4]})
