"""Is the server alive, and can it work?"""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request, Response
from sqlalchemy.exc import SQLAlchemyError

from agent.api.access import Reader
from agent.api.context import Ctx
from agent.jobs import client
from agent.jobs.errors import JobsNotRunningError

router = APIRouter(tags=["health"])


@router.get("/health", summary="Alive")
async def health() -> dict[str, str]:
    """Answers as long as the process does; asks nobody else, and needs none of the threads that requests wait in."""
    return {"status": "ok"}


@router.get("/ready", summary="Ready to work")
def ready(ctx: Ctx, response: Response) -> dict[str, Any]:
    """Asks the database and the job queue; 503 where one does not answer."""
    checks: dict[str, str] = {}
    try:
        ctx.store.ping()
        checks["database"] = "ok"
    except SQLAlchemyError:
        checks["database"] = "does not answer"
    try:
        checks["jobs"] = "ok"
        waiting = client.count_open()
    except (JobsNotRunningError, SQLAlchemyError) as error:
        checks["jobs"] = "does not answer" if isinstance(error, SQLAlchemyError) else "not running"
        waiting = None
    good = all(value == "ok" for value in checks.values())
    response.status_code = 200 if good else 503
    return {"status": "ok" if good else "not ready", "checks": checks, "jobs_open": waiting}


@router.get("/metrics", response_class=Response, summary="Prometheus metrics")
def metrics(request: Request, _: Reader) -> Response:
    """Requests, times and open jobs, in Prometheus' text format."""
    try:
        waiting = client.count_open()
    except JobsNotRunningError:
        waiting = None
    return Response(request.app.state.metrics.text(waiting), media_type="text/plain; version=0.0.4; charset=utf-8")
