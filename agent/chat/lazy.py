"""The page behind a door that opens at once: Gradio takes seconds to import, the server must not wait for it.

Until the page is built, `/` shows a splash that loads itself again; everything else below it says 503, retry.
"""

from __future__ import annotations

import asyncio
import logging
import os
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from starlette.types import Receive, Scope, Send

log = logging.getLogger("redrabbit.chat")
ASSETS = Path(__file__).parent / "assets"


class LazyPage:
    """An ASGI application that is built in the background."""

    def __init__(self, build: Callable[[], Any], data_dir: Path) -> None:
        """`build` imports Gradio and gives the page; Gradio's own files go below `data_dir`."""
        self._build = build
        self._data_dir = data_dir
        self._app: Any = None
        self._broken = False

    @asynccontextmanager
    async def lifespan(self) -> AsyncIterator[None]:
        """Build while the server runs; end with it."""
        stop = asyncio.Event()
        task = asyncio.create_task(self._run(stop))
        try:
            yield
        finally:
            stop.set()
            await task

    async def _run(self, stop: asyncio.Event) -> None:
        os.environ["GRADIO_ANALYTICS_ENABLED"] = "False"
        os.environ["GRADIO_TEMP_DIR"] = str(self._data_dir / "gradio")
        os.environ["HF_HUB_OFFLINE"] = "1"
        try:
            app = await asyncio.to_thread(self._build)
            async with app.router.lifespan_context(app):
                self._app = app
                await stop.wait()
        except Exception:
            self._broken = True
            log.exception("the chat page could not be built; the API goes on without it")

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve the page, or the splash until it is there."""
        if self._app is not None:
            await self._app(scope, receive, send)
        elif scope["type"] == "http":
            await self._wait(scope, send)

    async def _wait(self, scope: Scope, send: Send) -> None:
        at_door = scope["path"] in ("", "/") and not self._broken
        body = (ASSETS / "splash.html").read_bytes() if at_door else b"not ready"
        kind = b"text/html; charset=utf-8" if at_door else b"text/plain"
        headers = [(b"content-type", kind), (b"retry-after", b"2"), (b"cache-control", b"no-store")]
        await send({"type": "http.response.start", "status": 200 if at_door else 503, "headers": headers})
        await send({"type": "http.response.body", "body": body})
