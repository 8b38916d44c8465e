"""How a job is doing: DBOS's record of a workflow in the product's own words."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

State = Literal["queued", "running", "done", "failed", "cancelled"]
STATES: dict[str, State] = {
    "ENQUEUED": "queued",
    "DELAYED": "queued",
    "PENDING": "running",
    "SUCCESS": "done",
    "ERROR": "failed",
    "CANCELLED": "cancelled",
    "MAX_RECOVERY_ATTEMPTS_EXCEEDED": "failed",
}
FINISHED: frozenset[State] = frozenset({"done", "failed", "cancelled"})
OPEN: tuple[str, ...] = tuple(name for name, state in STATES.items() if state not in FINISHED)
"""DBOS's own names of the states of a job that has not ended."""


class JobStatus(BaseModel):
    """How a job is doing."""

    model_config = ConfigDict(frozen=True)

    id: str
    kind: str
    state: State
    fraction: float = Field(default=0.0, ge=0.0, le=1.0)
    message: str = ""
    result: dict[str, Any] | None = None
    """What the job made; only when `state` is `done`."""
    error: str | None = None
    """One sentence; only when `state` is `failed`."""
    conversation_id: str | None = None
    retry_of: str | None = None
    """The job that this one does again."""
    reason: str = ""
    """Why it is done again, in the words of who asked."""
    created_at: datetime
    finished_at: datetime | None = None

    @property
    def finished(self) -> bool:
        """True when nothing will change any more."""
        return self.state in FINISHED


def shown(job: Any, events: dict[str, Any]) -> JobStatus:
    """A workflow of DBOS's and its events, as a job."""
    state = STATES[job.status]
    progress = events.get("progress") or {}
    error = None
    if job.status == "MAX_RECOVERY_ATTEMPTS_EXCEEDED":
        error = "the job was started again and again and never finished; it may crash its worker"
    elif state == "failed":
        error = _sentence(job.error)
    elif state == "cancelled" and not (job.attributes or {}).get("cancelled"):
        state, error = "failed", f"the job did not finish within {(job.workflow_timeout_ms or 0) / 1000:g} s"
    return JobStatus(
        id=job.workflow_id,
        kind=job.name,
        state=state,
        fraction=1.0 if state == "done" else progress.get("fraction", 0.0),
        message=progress.get("message", ""),
        result=job.output if state == "done" else None,
        error=error,
        conversation_id=(job.attributes or {}).get("conversation_id"),
        retry_of=(job.attributes or {}).get("retry_of"),
        reason=(job.attributes or {}).get("reason", ""),
        created_at=_time(job.created_at),
        finished_at=_time(job.completed_at) if state in FINISHED and job.completed_at else None,
    )


def _sentence(error: Any) -> str:
    """The first line of an error; of one that was not raised on purpose, its class too."""
    from agent.jobs.durable import SAID

    text = (str(error).strip() or "it gave no reason").splitlines()[0]
    if str(getattr(error, "code", "")).startswith(SAID):
        return text
    name = getattr(error, "name", None) or type(error).__name__
    return f"the job broke inside ({name}: {text}); the worker's log says where"


def _time(epoch_ms: int) -> datetime:
    return datetime.fromtimestamp(epoch_ms / 1000, UTC)
