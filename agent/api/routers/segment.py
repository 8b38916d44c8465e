"""Segmentation: a photo in, its mask, regions and probabilities out, in the same answer."""

from __future__ import annotations

import asyncio
import base64
import time
from functools import partial
from typing import Annotated, Any, Literal

import cv2
import numpy as np
from fastapi import APIRouter, HTTPException, Query, Request
from pydantic import BaseModel, Field
from starlette.datastructures import UploadFile

from agent.api.access import Reader, Writer
from agent.api.context import Ctx
from agent.api.errors import OverloadedError, TooLargeError
from agent.api.segmenting import SegmentPool, Serving, pool_of
from agent.api.uploads import limits, read_upload, shown_name
from agent.settings import Settings
from agent.store.errors import NotFoundError
from tools.segmentation.errors import BusyError, SegmentationInputError
from tools.vision.errors import ImageError
from tools.vision.images import encode_png, load_image
from tools.vision.masks import mask_to_rle

router = APIRouter(prefix="/segment", tags=["segmentation"])
NAME = r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$"
ARRIVES_WITHIN_S = 30.0
"""A photo that takes longer gives its place to others."""
BODY = {
    "requestBody": {
        "required": True,
        "content": {
            "multipart/form-data": {
                "schema": {
                    "type": "object",
                    "required": ["file"],
                    "properties": {"file": {"type": "string", "format": "binary"}},
                }
            },
            **{f"image/{kind}": {"schema": {"type": "string", "format": "binary"}} for kind in ("png", "jpeg")},
        },
    }
}


class ModelAnswer(BaseModel):
    """A model of the library."""

    name: str
    version: str
    classes: list[str]
    size_hw: tuple[int, int]
    threshold: float
    precisions: list[str]


class RegionAnswer(BaseModel):
    """One marked place, in pixels of the photo; box ends are exclusive."""

    id: str
    type: str
    type_confidence: float | None
    bbox_xyxy: tuple[int, int, int, int]
    area_px: int
    length_px: float
    width_px: float
    zone: str
    score_max: float
    score_mean: float


class SegmentAnswer(BaseModel):
    """What was found. PNG files are base64."""

    model: str
    version: str
    precision: str
    width_px: int
    height_px: int
    threshold: float
    score: float = Field(description="Highest probability of a defect anywhere, 0 … 1.")
    regions: list[RegionAnswer]
    mask_png: str | None = Field(description="8-bit PNG, 0 or 255.")
    mask_rle: dict[str, Any] | None = Field(description="COCO's compressed run lengths.")
    probability_png: str | None = Field(description="16-bit grey PNG: 0 is 0, 65535 is 1.")
    timing_ms: dict[str, float]


@router.get("/models", summary="List segmentation models")
def models(ctx: Ctx, _: Reader) -> list[ModelAnswer]:
    """By name, the newest version first."""
    found = []
    for each in pool_of(ctx.settings.data_dir).library.models():
        card = each.card
        precisions = [kind for kind in ("fp32", "int8") if _exported(each, kind)]
        found.append(
            ModelAnswer(
                name=each.name,
                version=each.version,
                classes=list(card.classes),
                size_hw=card.size_hw,
                threshold=card.threshold,
                precisions=precisions,
            )
        )
    return found


def _exported(listed: Any, precision: str) -> bool:
    try:
        return bool(listed.file(precision))
    except SegmentationInputError:
        return False


@router.post(
    "",
    summary="Segment a photo",
    openapi_extra=BODY,
    responses={
        408: {"description": "The photo came too slowly."},
        503: {"description": "Too many photos wait; the header Retry-After says when to come back."},
    },
)
async def segment(
    request: Request,
    ctx: Ctx,
    _: Writer,
    model: Annotated[str | None, Query(pattern=NAME, description="Name; may be left out where there is one.")] = None,
    version: Annotated[str | None, Query(pattern=NAME, description="The newest if left out.")] = None,
    precision: Annotated[Literal["fp32", "int8"], Query()] = "fp32",
    threshold: Annotated[float | None, Query(gt=0, lt=1, description="The model's own if left out.")] = None,
    mask: Annotated[Literal["png", "rle", "both", "none"], Query()] = "png",
    probability: Annotated[bool, Query(description="Send the probability map too.")] = False,
) -> SegmentAnswer:
    """The photo is the field `file` of a form, or the body itself. Nothing is stored."""
    pool = pool_of(ctx.settings.data_dir)
    try:
        with pool.door.enter():
            data, name = await _in_time(request, ctx.settings)
            work = partial(_segment, pool, data, name, ctx.settings, model, version, precision)
            work = partial(work, threshold=threshold, mask=mask, probability=probability)
            return await asyncio.get_running_loop().run_in_executor(pool.threads, work)
    except BusyError as error:
        raise OverloadedError(str(error)) from None


async def _in_time(request: Request, settings: Settings) -> tuple[bytes, str]:
    """The photo, whose sender holds a place meanwhile and may not take for ever.

    Raises:
        HTTPException: 408, it did not come in time.
    """
    try:
        async with asyncio.timeout(ARRIVES_WITHIN_S):
            return await _photo(request, settings)
    except TimeoutError:
        words = f"the photo did not arrive within {ARRIVES_WITHIN_S:g} s; send it again"
        raise HTTPException(408, words, headers={"Connection": "close"}) from None


async def _photo(request: Request, settings: Settings) -> tuple[bytes, str]:
    """The bytes of the photo and what to call it.

    Raises:
        TooLargeError: more than the settings allow.
        ImageError: there is none.
    """
    if request.headers.get("content-type", "").startswith("multipart/form-data"):
        async with request.form(max_files=1, max_fields=8) as form:
            upload = form.get("file")
            if not isinstance(upload, UploadFile):
                raise ImageError("the form has no file; send the photo as the field 'file'")
            return read_upload(upload, settings), shown_name(upload.filename)  # type: ignore[arg-type]
    data = bytearray()
    async for chunk in request.stream():
        data += chunk
        if len(data) > settings.max_upload_mb * 2**20:
            raise TooLargeError(f"the photo is larger than {settings.max_upload_mb} MiB; scale or crop it")
    return bytes(data), "the photo"


def _segment(
    pool: SegmentPool,
    data: bytes,
    name: str,
    settings: Settings,
    model: str | None,
    version: str | None,
    precision: str,
    *,
    threshold: float | None,
    mask: str,
    probability: bool,
) -> SegmentAnswer:
    try:
        serving: Serving = pool.get(model, version, precision)
    except SegmentationInputError as error:
        raise NotFoundError(str(error)) from None
    started = time.perf_counter()
    image = load_image(data, limits=limits(settings), name=name)
    decoded = time.perf_counter()
    found = serving.segmenter.predict([image], threshold=threshold)[0]
    segmented = time.perf_counter()
    maps = _png16(found.probability) if probability else None
    return SegmentAnswer(
        model=serving.listed.name,
        version=serving.listed.version,
        precision=precision,
        width_px=image.shape[1],
        height_px=image.shape[0],
        threshold=serving.segmenter.card.threshold if threshold is None else threshold,
        score=float(found.probability.max()),
        regions=[RegionAnswer(**each.model_dump(include=set(RegionAnswer.model_fields))) for each in found.regions],
        mask_png=base64.b64encode(encode_png(found.mask)).decode() if mask in ("png", "both") else None,
        mask_rle=mask_to_rle(found.mask) if mask in ("rle", "both") else None,
        probability_png=maps,
        timing_ms={
            "decode": round((decoded - started) * 1e3, 3),
            "segment": round((segmented - decoded) * 1e3, 3),
            "encode": round((time.perf_counter() - segmented) * 1e3, 3),
        },
    )


def _png16(values: np.ndarray[Any, np.dtype[np.float32]]) -> str:
    levels = (np.clip(values, 0, 1) * 65535).round().astype(np.uint16)
    return base64.b64encode(cv2.imencode(".png", levels)[1].tobytes()).decode()
