"""Webhooks: fal.ai delivers answers here. No key is asked for; the delivery's signature is."""

from __future__ import annotations

import json
import logging
from functools import lru_cache
from typing import Annotated, Any

from fastapi import APIRouter, BackgroundTasks, Query, Request

from agent.api.context import Context, Ctx
from agent.api.errors import ReplayedError, TooLargeError
from agent.settings import Settings
from agent.store.errors import ConflictError
from tools.generation.fal_webhook import JWKS_URL, Delivery, Verifier, WebhookError, fetch_keys

router = APIRouter(prefix="/webhooks", tags=["webhooks"])
log = logging.getLogger("redrabbit.fal")
MAX_BYTES = 16 * 2**20


@lru_cache(maxsize=4)
def _verifier(url: str) -> Verifier:
    return Verifier(lambda: fetch_keys(url))


def verifier(settings: Settings) -> Verifier:
    """Checks deliveries against the keys of fal.ai, or of the server that stands in for it."""
    return _verifier(f"{settings.fal_url}/.well-known/jwks.json" if settings.fal_url else JWKS_URL)


@router.post("/fal", summary="Deliver an answer of fal.ai")
async def fal(
    request: Request,
    ctx: Ctx,
    key: Annotated[str, Query(alias="request", pattern="^[0-9a-f]{64}$")],
    after: BackgroundTasks,
) -> dict[str, str]:
    """Notes the answer to a request. Delivered twice, it counts once; forged, old or replayed, it is refused."""
    from starlette.concurrency import run_in_threadpool

    body = await _body(request)
    delivery = await run_in_threadpool(_believe, ctx.settings, dict(request.headers), body)
    request.state.caller = "fal.ai"
    taken = await run_in_threadpool(_take, ctx, delivery, body, key)
    if taken["status"] == "late":
        from agent.jobs.fal import keep_late

        after.add_task(keep_late, ctx.settings, key)
    return taken


async def _body(request: Request) -> bytes:
    """The bytes, as far as they are not too many: nobody has shown a signature yet."""
    data = bytearray()
    async for chunk in request.stream():
        data += chunk
        if len(data) > MAX_BYTES:
            raise TooLargeError(f"a delivery may have {MAX_BYTES // 2**20} MiB")
    return bytes(data)


def _believe(settings: Settings, headers: dict[str, str], body: bytes) -> Delivery:
    try:
        return verifier(settings).check(headers, body)
    except WebhookError as error:
        log.warning("a delivery was refused: %s", error)
        raise


def _take(ctx: Context, delivery: Delivery, body: bytes, key: str) -> dict[str, str]:
    document = _document(body)
    if document.get("request_id") != delivery.request_id:
        raise WebhookError("the delivery's body names another request than its signature")
    if document.get("status") == "OK" and not isinstance(document.get("payload"), dict):
        # The result was too large to be sent along. Its id is what counts: the worker asks for the rest.
        ctx.store.note_accepted(key, delivery.request_id)
        return {"status": "noted"}
    payload, problem = _answer(document)
    noted = ctx.store.note_answer(key, delivery.request_id, payload=payload, error=problem, delivery_id=delivery.id)
    if noted == "replayed":
        raise ReplayedError("this very delivery was taken before")
    if noted == "foreign":
        raise ConflictError("the delivery belongs to another request")
    return {"status": noted}


def _document(body: bytes) -> dict[str, Any]:
    try:
        document = json.loads(body)
    except ValueError:
        raise WebhookError("the delivery's body is not JSON") from None
    if not isinstance(document, dict):
        raise WebhookError("the delivery's body is not an object")
    return document


def _answer(document: dict[str, Any]) -> tuple[dict[str, Any] | None, str | None]:
    """Payload, or the error in plain words."""
    from agent.jobs.fal import classify
    from tools.generation.fal_queue import explain

    payload = document.get("payload")
    if document.get("status") == "OK" and isinstance(payload, dict):
        return payload, None
    detail = payload.get("detail") if isinstance(payload, dict) else None
    return None, classify(explain(detail or document.get("error") or "it gave no reason"))
