"""Data sets: made by a job, downloaded as a stream."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Response
from fastapi import Path as PathParameter
from fastapi.responses import StreamingResponse
from pydantic import BaseModel, Field

from agent.api.access import Reader, Writer
from agent.api.admission import admit, request_hash
from agent.api.context import After, Ctx, IdempotencyKey, Limit, Page, page
from agent.api.routers.jobs import shown
from agent.api.uploads import image_path
from agent.jobs import client
from agent.jobs.zip import zip_stream
from agent.store.datasets import DatasetRow
from agent.store.errors import NotFoundError

router = APIRouter(prefix="/datasets", tags=["datasets"])


class NewDataset(BaseModel):
    """What to make."""

    blueprint_id: str = Field(max_length=64, examples=["0f8e…"])
    blueprint_version: int | None = Field(default=None, ge=1, le=2**31 - 1, examples=[None])
    good: list[str] = Field(min_length=1, max_length=1000, description="Ids of photos of good parts.")
    count: int = Field(ge=1, le=100_000, examples=[20])
    seed: int = Field(default=0, ge=0, le=2**63 - 1)
    layout: Literal["mvtec", "coco", "yolo", "masks"] = "mvtec"
    generator: str = Field(default="renderer", max_length=50)
    mm_per_px: float | None = Field(default=None, gt=0, lt=1e6, examples=[0.1])
    name: str = Field(default="", max_length=200)


class DatasetAnswer(BaseModel):
    """A data set."""

    id: str
    name: str
    layout: str
    n_images: int
    seed: int | None
    blueprint_version_id: str | None
    job_id: str | None
    created_at: datetime


def _answer(row: DatasetRow) -> DatasetAnswer:
    return DatasetAnswer(**row.model_dump(include=set(DatasetAnswer.model_fields)))


@router.post("", status_code=202, summary="Make a data set")
def create(body: NewDataset, ctx: Ctx, caller: Writer, idempotency_key: IdempotencyKey = None) -> dict[str, Any]:
    """Starts a job; its result names the data set."""
    job_id = admit(ctx, caller, "datasets", idempotency_key)
    version = ctx.store.get_blueprint(body.blueprint_id, body.blueprint_version)
    blueprint = version.blueprint()
    if body.mm_per_px is not None:
        blueprint = blueprint.model_copy(update={"mm_per_px": body.mm_per_px})
    arguments = {
        "blueprint": blueprint,
        "good": [image_path(ctx.store.get_image(image_id), ctx.files) for image_id in body.good],
        "blueprint_version_id": version.id,
        **body.model_dump(include={"count", "seed", "layout", "generator", "name"}),
    }
    asked = request_hash(body=body.model_dump(mode="json"))
    job_id = client.start("sculpt", arguments, job_id=job_id, request=asked)
    return shown(client.status(job_id), ctx)


@router.get("", summary="List data sets")
def list_all(ctx: Ctx, _: Reader, limit: Limit = 50, after: After = None) -> Page[DatasetAnswer]:
    """Newest first."""
    return page(ctx.store.list_datasets(limit=limit, after=after), limit, _answer)


@router.get("/{dataset_id}", summary="Read a data set")
def read(dataset_id: str, ctx: Ctx, _: Reader) -> DatasetAnswer:
    """What it is."""
    return _answer(ctx.store.get_dataset(dataset_id))


@router.delete("/{dataset_id}", status_code=204, response_class=Response, summary="Forget a data set")
def delete(dataset_id: str, ctx: Ctx, _: Writer) -> None:
    """Removes the record; the folder stays on disk."""
    ctx.store.delete_dataset(dataset_id)


@router.get("/{dataset_id}/zip", response_class=StreamingResponse, summary="Download a data set")
def download(dataset_id: Annotated[str, PathParameter(max_length=64)], ctx: Ctx, _: Reader) -> StreamingResponse:
    """The whole folder as a zip file, written while it is sent."""
    row = ctx.store.get_dataset(dataset_id)
    folder = Path(row.path)
    if not folder.is_dir():
        raise NotFoundError(f"the folder of data set {dataset_id} is gone; make it again with the same seed")
    headers = {"Content-Disposition": f'attachment; filename="dataset-{row.id[:8]}.zip"'}
    return StreamingResponse(zip_stream(folder), media_type="application/zip", headers=headers)
