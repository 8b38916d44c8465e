"""Refusing an upload before its body is read: a caller without a key, and photos that nobody has time for.

The routes check both again; here nothing is parsed or kept of what comes, which is what a flood costs.
"""

from __future__ import annotations

import threading
import time

from sqlalchemy.exc import SQLAlchemyError
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.types import ASGIApp, Receive, Scope, Send

from agent.api.access import NO_KEY, Keys, presented
from agent.api.admission import too_many
from agent.api.problems import problem
from agent.api.trail import TURNED_AWAY
from agent.jobs import client
from agent.jobs.errors import JobsNotRunningError

QUEUED = frozenset({"/v1/inspect"})
"""Routes that take photos in and start a job with them."""
COUNT_EVERY_S = 0.25


class Door:
    """Middleware in front of routes that take files."""

    def __init__(self, app: ASGIApp, keys: Keys, most: int) -> None:
        """Wrap an application; `most` jobs may wait."""
        self.app = app
        self.keys = keys
        self.most = most
        self._lock = threading.Lock()
        self._counted = (-1e9, 0)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, or answer it here."""
        if scope["type"] == "http" and scope["method"] == "POST" and scope["path"].startswith("/v1/"):
            request = Request(scope)
            uploads = request.headers.get("content-type", "").lower().startswith(("multipart/", "image/"))
            if uploads and (self.keys.needed or scope["path"] in QUEUED):
                refusal = await run_in_threadpool(self._refuse, request)
                if refusal is not None:
                    scope.setdefault("state", {})[TURNED_AWAY] = refusal[0] == 503
                    await problem(request, *refusal)(scope, receive, send)
                    return
        await self.app(scope, receive, send)

    def _refuse(self, request: Request) -> tuple[int, str] | None:
        if self.keys.needed:
            key = presented(request)
            try:
                known = bool(key) and self.keys.find(str(key)) is not None
            except SQLAlchemyError:
                return None  # the route says what is the matter
            if not known:
                return 401, NO_KEY
        # A request that is repeated under its key is answered however many wait.
        if request.url.path in QUEUED and "idempotency-key" not in request.headers and self._waiting() >= self.most:
            return 503, too_many(self.most)
        return None

    def _waiting(self) -> int:
        """Open jobs, counted at most four times a second."""
        with self._lock:
            at, count = self._counted
            if time.monotonic() - at >= COUNT_EVERY_S:
                try:
                    count = client.count_open(self.most, parts=False)
                except (JobsNotRunningError, SQLAlchemyError):
                    count = 0  # the route says what is the matter
                self._counted = (time.monotonic(), count)
            return count
