"""The audit trail: a line in the store for each request that may change something: who asked, and what came of it."""

from __future__ import annotations

import logging
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from agent.store.audit import AuditRow, storable
from agent.store.repository import Store

QUIET = frozenset({"GET", "HEAD", "OPTIONS"})
TURNED_AWAY = "turned_away"
"""Set in a request's state by whoever refuses it unread because too many wait: nothing was done, the caller comes
again, and a flood would fill the trail."""
log = logging.getLogger("redrabbit.api")


class Trail:
    """Middleware that adds the lines; a database that does not answer costs the line, not the request."""

    def __init__(self, app: ASGIApp, store: Store) -> None:
        """Wrap an application."""
        self.app = app
        self.store = store

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, and note how it went."""
        if scope["type"] != "http" or scope["method"] in QUIET or not scope["path"].startswith(("/v1", "/mcp")):
            await self.app(scope, receive, send)
            return
        status = 500

        async def noted(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        scope.setdefault("state", {})
        try:
            await self.app(scope, receive, noted)
        finally:
            if not scope["state"].get(TURNED_AWAY):
                await run_in_threadpool(self._write, scope, status)

    def _write(self, scope: Scope, status: int) -> None:
        client: Any = scope.get("client")
        try:
            self.store.save_audit(
                AuditRow(
                    actor=str(scope["state"].get("caller", "")),
                    action=scope["method"][:20],
                    subject=storable(scope["path"]),
                    status=status,
                    client=str(client[0])[:64] if client else "",
                )
            )
        except Exception as error:
            log.warning("a line of the audit trail was lost: %s", type(error).__name__)
