"""Guards before any route: size of the request, its Host and its Origin."""

from __future__ import annotations

import json
import re
from contextlib import suppress
from urllib.parse import SplitResult, urlsplit

from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from agent.api.errors import TextError

SUSPECT = re.compile(rb"\\u(?:0000|[dD][89a-fA-F])")
"""NUL and halves of surrogate pairs, as JSON writes them."""
SIGNED = "/v1/webhooks/"
"""Routes that believe a signature, not an address: they are meant to be reached from outside, through a tunnel."""
JSON_MAX_BYTES = 16 * 2**20
"""JSON is read whole before anybody is asked for a key."""
LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})


def is_loopback(host: str) -> bool:
    """True for names and addresses that only this machine can reach."""
    return host.strip("[]") in LOOPBACK


async def clean_text(request: Request) -> None:
    """A dependency: refuses JSON with characters that neither a database nor UTF-8 can hold.

    Raises:
        TextError: it has some.
    """
    if not _is_json(request.headers.get("content-type", "")):
        return
    body = await request.body()
    if not SUSPECT.search(body):
        return
    try:
        text = json.dumps(json.loads(body), ensure_ascii=False)
        text.encode()
    except UnicodeEncodeError:
        raise TextError("the text holds half a surrogate pair; send whole characters") from None
    except ValueError:
        return  # not JSON: the route itself says so
    if "\\u0000" in text:
        raise TextError("the text holds a NUL character; remove it")


def _is_json(content_type: str) -> bool:
    """True for what FastAPI reads as JSON."""
    kind = content_type.partition(";")[0].strip().lower()
    return kind == "application/json" or kind.endswith("+json")


class _Refused(Exception):
    """The body went over the limit while it was read."""


class Guard:
    """Refuses requests that are too large, or that a foreign web page sent.

    A page of another site can make a browser call a server on this machine. Two checks stop that: without keys the Host
    must be a loopback name (DNS rebinding), and a request that changes something must not carry a foreign Origin.
    """

    def __init__(self, app: ASGIApp, *, max_bytes: int, local_only: bool) -> None:
        """Guard an application; `local_only` where it asks for no key."""
        self.app = app
        self.max_bytes = max_bytes
        self.local_only = local_only

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let a request through or answer it here."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        headers = {name: value.decode("latin-1") for name, value in scope["headers"]}
        is_json = _is_json(headers.get(b"content-type", ""))
        most = min(self.max_bytes, JSON_MAX_BYTES) if is_json else self.max_bytes
        refusal = self._refuse(scope["method"], headers, most, signed=scope["path"].startswith(SIGNED))
        if refusal is not None:
            await _answer(send, *refusal, scope["path"])
            return
        await self._count(scope, receive, send, most)

    def _refuse(self, method: str, headers: dict[bytes, str], most: int, *, signed: bool) -> tuple[int, str] | None:
        host = headers.get(b"host", "")
        if self.local_only and not signed and not is_loopback(_hostname(host)):
            return 421, "this server answers on 127.0.0.1 and localhost only"
        origin = headers.get(b"origin")
        if method not in ("GET", "HEAD", "OPTIONS") and origin and _split(origin).netloc != host:
            return 403, "a page of another site may not do this"
        length = headers.get(b"content-length", "0")
        if not length.isdecimal():
            return 400, "Content-Length is not a number"
        if int(length) > most:
            return 413, _too_large(most)
        return None

    async def _count(self, scope: Scope, receive: Receive, send: Send, most: int) -> None:
        seen, started = 0, False

        async def counted() -> Message:
            nonlocal seen
            message = await receive()
            seen += len(message.get("body", b""))
            if seen > most:
                raise _Refused
            return message

        async def noted(message: Message) -> None:
            nonlocal started
            # Once the body is too large, whatever a route makes of its half is replaced by the refusal below.
            if started or seen <= most:
                started = True
                await send(message)

        with suppress(_Refused):
            await self.app(scope, counted, noted)
        if seen > most and not started:
            await _answer(send, 413, _too_large(most), scope["path"])


def _too_large(most: int) -> str:
    return f"a request may have {most // 2**20} MiB; send fewer or smaller files"


def _hostname(host: str) -> str:
    return _split(f"//{host}").hostname or ""


def _split(address: str) -> SplitResult:
    """The parts of an address; none where it cannot be read."""
    try:
        return urlsplit(address)
    except ValueError:
        return urlsplit("")


async def _answer(send: Send, status: int, detail: str, path: str) -> None:
    body = json.dumps(
        {"type": "about:blank", "title": "Refused", "status": status, "detail": detail, "instance": path}
    ).encode()
    headers = [(b"content-type", b"application/problem+json"), (b"connection", b"close")]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
