"""Images: photos in, photos, renderings and masks out."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, File, Query, UploadFile
from fastapi.responses import FileResponse
from pydantic import BaseModel

from agent.api.access import Reader, Writer
from agent.api.context import After, Context, Ctx, Limit, Page, page
from agent.api.errors import TooLargeError
from agent.api.uploads import check_image, image_path, keep_image, read_upload
from agent.store.errors import NotFoundError
from agent.store.images import ImageRow

router = APIRouter(prefix="/images", tags=["images"])
MAX_FILES = 64


class ImageAnswer(BaseModel):
    """What is known of a picture."""

    id: str
    name: str
    kind: str
    content_hash: str
    width_px: int | None
    height_px: int | None
    seed: int | None
    generator: str | None
    parameters: dict[str, Any]
    blueprint_version_id: str | None
    source_id: str | None
    has_mask: bool
    created_at: datetime


def answer(row: ImageRow) -> ImageAnswer:
    """A record as the API shows it: without paths."""
    return ImageAnswer(**row.model_dump(include=set(ImageAnswer.model_fields)), has_mask=row.mask_path is not None)


def keep_uploads(uploads: list[UploadFile], ctx: Context) -> list[ImageRow]:
    """Check and keep several uploads; the first bad one refuses them all, and none is kept.

    Raises:
        ImageError: one is not a usable image.
        TooLargeError: one is too large, or they are too many.
    """
    if len(uploads) > MAX_FILES:
        raise TooLargeError(f"{len(uploads)} files in one request; send at most {MAX_FILES}")
    checked = [check_image(read_upload(each, ctx.settings), each.filename, ctx.settings) for each in uploads]
    return [keep_image(image, ctx.store, ctx.files) for image in checked]


@router.post("", status_code=201, summary="Upload photos")
def upload(
    ctx: Ctx, _: Writer, files: Annotated[list[UploadFile], File(description="PNG, JPEG, BMP, TIFF or WebP.")]
) -> list[ImageAnswer]:
    """Keeps photos; the same bytes are kept once and have one id."""
    return [answer(row) for row in keep_uploads(files, ctx)]


@router.get("", summary="List images")
def list_all(
    ctx: Ctx,
    _: Reader,
    limit: Limit = 50,
    after: After = None,
    kind: Annotated[str | None, Query(pattern="^(photo|rendering|overlay|map)$")] = None,
    dataset_id: Annotated[str | None, Query(max_length=64)] = None,
) -> Page[ImageAnswer]:
    """Newest first."""
    rows = ctx.store.list_images(limit=limit, after=after, kind=kind, dataset_id=dataset_id)
    return page(rows, limit, answer)


@router.get("/{image_id}", summary="Read an image's record")
def read(image_id: str, ctx: Ctx, _: Reader) -> ImageAnswer:
    """Everything needed to make it again."""
    return answer(ctx.store.get_image(image_id))


@router.get("/{image_id}/lineage", summary="Where an image came from")
def lineage(image_id: str, ctx: Ctx, _: Reader) -> list[ImageAnswer]:
    """The image, then what it was made from, back to the photo."""
    return [answer(row) for row in ctx.store.lineage(image_id)]


@router.get("/{image_id}/content", response_class=FileResponse, summary="Download an image")
def content(image_id: str, ctx: Ctx, _: Reader) -> FileResponse:
    """The file's bytes."""
    return FileResponse(image_path(ctx.store.get_image(image_id), ctx.files))


@router.get("/{image_id}/mask", response_class=FileResponse, summary="Download an image's mask")
def mask(image_id: str, ctx: Ctx, _: Reader) -> FileResponse:
    """PNG, 0 and 255."""
    row = ctx.store.get_image(image_id)
    if row.mask_path is None:
        raise NotFoundError(f"the image {image_id} has no mask; only rendered ones do")
    return FileResponse(image_path(row.model_copy(update={"path": row.mask_path}), ctx.files))
