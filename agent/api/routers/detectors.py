"""Detectors: fitted by a job on photos of good parts."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from fastapi import APIRouter, Response
from pydantic import BaseModel, Field

from agent.api.access import Reader, Writer
from agent.api.admission import admit, request_hash
from agent.api.context import After, Ctx, IdempotencyKey, Limit, Page, page
from agent.api.routers.jobs import shown
from agent.api.uploads import image_path
from agent.jobs import client
from agent.store.detectors import DetectorRow

router = APIRouter(prefix="/detectors", tags=["detectors"])


class NewDetector(BaseModel):
    """What to fit."""

    good: list[str] = Field(min_length=1, max_length=10_000, description="Ids of photos of good parts.")
    detector: str = Field(default="patchcore", max_length=50, examples=["patchcore"])
    seed: int = Field(default=0, ge=0, le=2**63 - 1)
    name: str = Field(default="", max_length=200, examples=["line 3, fittings"])
    part: str | None = Field(default=None, max_length=200)
    mm_per_px: float | None = Field(default=None, gt=0, le=1000, description="Then sizes are reported in millimetres.")


class DetectorAnswer(BaseModel):
    """A detector."""

    id: str
    name: str
    kind: str
    backbone: str
    score_threshold: float | None
    n_good: int
    part: str | None
    seed: int | None
    job_id: str | None
    created_at: datetime


def _answer(row: DetectorRow) -> DetectorAnswer:
    return DetectorAnswer(**row.model_dump(include=set(DetectorAnswer.model_fields)))


@router.post("", status_code=202, summary="Fit a detector")
def create(body: NewDetector, ctx: Ctx, caller: Writer, idempotency_key: IdempotencyKey = None) -> dict[str, Any]:
    """Starts a job; its result names the detector."""
    job_id = admit(ctx, caller, "detectors", idempotency_key)
    arguments = {
        "good": [image_path(ctx.store.get_image(image_id), ctx.files) for image_id in body.good],
        **body.model_dump(include={"detector", "seed", "name", "part", "mm_per_px"}),
    }
    asked = request_hash(body=body.model_dump(mode="json"))
    job_id = client.start("fit", arguments, job_id=job_id, request=asked)
    return shown(client.status(job_id), ctx)


@router.get("", summary="List detectors")
def list_all(ctx: Ctx, _: Reader, limit: Limit = 50, after: After = None) -> Page[DetectorAnswer]:
    """Newest first."""
    return page(ctx.store.list_detectors(limit=limit, after=after), limit, _answer)


@router.get("/{detector_id}", summary="Read a detector")
def read(detector_id: str, ctx: Ctx, _: Reader) -> DetectorAnswer:
    """What it is."""
    return _answer(ctx.store.get_detector(detector_id))


@router.delete("/{detector_id}", status_code=204, response_class=Response, summary="Forget a detector")
def delete(detector_id: str, ctx: Ctx, _: Writer) -> None:
    """Removes the record; the bundle stays on disk."""
    ctx.store.delete_detector(detector_id)
