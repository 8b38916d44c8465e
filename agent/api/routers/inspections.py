"""Inspections: photos in, verdicts out."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Annotated, Any

from fastapi import APIRouter, File, Form, Query, Response, UploadFile
from pydantic import BaseModel, Field

from agent.api import admission
from agent.api.access import Reader, Writer
from agent.api.admission import admit, request_hash
from agent.api.context import After, Context, Ctx, IdempotencyKey, Limit, Page, page
from agent.api.routers.images import keep_uploads
from agent.api.routers.jobs import shown
from agent.api.uploads import image_path
from agent.jobs import client
from agent.store.inspections import InspectionRow

router = APIRouter(tags=["inspections"])


class InspectionAnswer(BaseModel):
    """A verdict. `record` is the line of `results.jsonl`."""

    id: str
    input: str
    verdict: str
    score: float | None
    score_threshold: float | None
    detector_id: str | None
    job_id: str | None
    record: dict[str, Any]
    overlay: str | None
    created_at: datetime


def _answer(row: InspectionRow, ctx: Context) -> InspectionAnswer:
    data = row.model_dump(include=set(InspectionAnswer.model_fields) - {"record", "input"})
    overlay = ctx.artifacts.link(Path(row.overlay_path)) if row.overlay_path else None
    record = ctx.artifacts.with_links(row.record)
    return InspectionAnswer(**data, input=Path(row.input).name, record=record, overlay=overlay)


@router.post(
    "/inspect",
    status_code=202,
    summary="Inspect photos",
    responses={200: {"description": "Finished within `wait` seconds."}, 503: {"description": "Too many jobs wait."}},
)
def inspect(
    ctx: Ctx,
    caller: Writer,
    response: Response,
    files: Annotated[list[UploadFile], File(description="The photos.")],
    detector_id: Annotated[str, Form(max_length=64)],
    wait: Annotated[float, Query(ge=0, le=60, description="Seconds to wait for the result.")] = 0,
    idempotency_key: IdempotencyKey = None,
) -> dict[str, Any]:
    """Starts a job (202), or answers with the inspections (200) where they are done within `wait`."""
    ctx.store.get_detector(detector_id)
    job_id = admit(ctx, caller, "inspect", idempotency_key)
    images = keep_uploads(files, ctx)
    arguments = {
        "paths": [image_path(row, ctx.files) for row in images],
        "detector_id": detector_id,
    }
    asked = request_hash(detector=detector_id, images=[row.content_hash for row in images])
    job_id = client.start("inspect", arguments, job_id=job_id, request=asked)
    status = admission.wait(job_id, wait)
    if not status.finished:
        return shown(status, ctx)
    response.status_code = 200
    rows = ctx.store.list_inspections(limit=200, job_id=job_id)
    found = [_answer(row, ctx).model_dump(mode="json") for row in sorted(rows, key=lambda row: row.position)]
    return {**shown(status, ctx), "inspections": found}


@router.get("/inspections", summary="List inspections")
def list_all(
    ctx: Ctx,
    _: Reader,
    limit: Limit = 50,
    after: After = None,
    verdict: Annotated[str | None, Query(pattern="^(ok|review|ng|cannot_judge)$")] = None,
    detector_id: Annotated[str | None, Query(max_length=64)] = None,
    job_id: Annotated[str | None, Query(max_length=64)] = None,
) -> Page[InspectionAnswer]:
    """Newest first."""
    rows = ctx.store.list_inspections(limit=limit, after=after, verdict=verdict, detector_id=detector_id, job_id=job_id)
    return page(rows, limit, lambda row: _answer(row, ctx))


@router.get("/inspections/{inspection_id}", summary="Read an inspection")
def read(inspection_id: str, ctx: Ctx, _: Reader) -> InspectionAnswer:
    """Verdict, score, regions."""
    return _answer(ctx.store.get_inspection(inspection_id), ctx)


class NewReport(BaseModel):
    """A report to write."""

    language: str | None = Field(default=None, pattern="^(en|de|ko)$", examples=["en"])


@router.post("/inspections/{inspection_id}/report", status_code=202, summary="Write a report")
def report(
    inspection_id: str,
    body: NewReport,
    ctx: Ctx,
    caller: Writer,
    response: Response,
    wait: Annotated[float, Query(ge=0, le=60, description="Seconds to wait for it.")] = 0,
    idempotency_key: IdempotencyKey = None,
) -> dict[str, Any]:
    """Starts a job; its result names the report (200 where it is done within `wait`)."""
    ctx.store.get_inspection(inspection_id)
    arguments = {"inspection_id": inspection_id, "language": body.language}
    job_id = admit(ctx, caller, "report", idempotency_key)
    job_id = client.start("report", arguments, job_id=job_id, request=request_hash(**arguments))
    status = admission.wait(job_id, wait)
    response.status_code = 200 if status.finished else 202
    return shown(status, ctx)
