"""Jobs: how they are doing, as a document or as a stream of server-sent events."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from pydantic import BaseModel, Field
from sse_starlette.sse import EventSourceResponse

from agent.api.access import Reader, Writer
from agent.api.admission import admit
from agent.api.context import Ctx, IdempotencyKey
from agent.jobs import client
from agent.jobs.status import JobStatus

router = APIRouter(prefix="/jobs", tags=["jobs"])
POLL_S = 0.3


@router.get("", summary="List jobs")
def list_all(
    _: Reader,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
    offset: Annotated[int, Query(ge=0, le=100_000)] = 0,
    kind: Annotated[str | None, Query(pattern="^[a-z]{1,20}$")] = None,
    conversation_id: Annotated[str | None, Query(max_length=64)] = None,
) -> list[JobStatus]:
    """Newest first."""
    return client.list_jobs(limit=limit, offset=offset, kind=kind, conversation_id=conversation_id)


@router.get("/{job_id}", summary="Read a job")
def read(job_id: str, ctx: Ctx, _: Reader) -> dict[str, Any]:
    """State, progress, result or error."""
    return shown(client.status(job_id), ctx)


@router.post("/{job_id}/cancel", summary="Cancel a job")
def cancel(job_id: str, ctx: Ctx, _: Writer) -> dict[str, Any]:
    """Stops it; a finished job stays as it is."""
    return shown(client.cancel(job_id), ctx)


class Again(BaseModel):
    """Why a job is done again."""

    reason: str = Field(default="", max_length=500, examples=["the disk was full"])


@router.post("/{job_id}/retry", status_code=202, summary="Do a failed job again")
def retry(job_id: str, body: Again, ctx: Ctx, caller: Writer, idempotency_key: IdempotencyKey = None) -> dict[str, Any]:
    """Starts a new job with the same arguments."""
    new_id = admit(ctx, caller, f"retry {job_id}", idempotency_key)
    return shown(client.status(client.retry(job_id, body.reason, new_id=new_id)), ctx)


@router.get("/{job_id}/events", response_class=EventSourceResponse, summary="Watch a job")
async def events(job_id: str, request: Request, _: Reader) -> EventSourceResponse:
    """Server-sent events named `status`, each a job document, until the job is finished."""
    first = await asyncio.to_thread(client.status, job_id)

    async def stream() -> AsyncIterator[dict[str, str]]:
        now, last = first, ""
        while True:
            text = JobStatus.model_validate({**now.model_dump(), "result": None}).model_dump_json()
            if text != last:
                yield {"event": "status", "data": text}
                last = text
            if now.finished or await request.is_disconnected():
                return
            await asyncio.sleep(POLL_S)
            now = await asyncio.to_thread(client.status, job_id)

    return EventSourceResponse(stream())


def shown(status: JobStatus, ctx: Ctx) -> dict[str, Any]:
    """A job's document; the paths of its result as links."""
    document = status.model_dump(mode="json")
    if status.result is not None:
        document["result"] = ctx.artifacts.with_links(status.result)
    return document
