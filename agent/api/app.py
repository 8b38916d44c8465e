"""Putting the application together: `create_app(settings)`."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, nullcontext, suppress
from typing import Any

from fastapi import Depends, FastAPI
from starlette.routing import Route

from agent.api import problems
from agent.api.access import Keys, check_door
from agent.api.artifacts import Artifacts
from agent.api.context import Context
from agent.api.door import Door
from agent.api.headers import SecurityHeaders
from agent.api.limits import Guard, clean_text
from agent.api.mcp import PATH, McpEndpoint
from agent.api.metrics import Metrics, Observe
from agent.api.routers import artifacts as artifact_files
from agent.api.routers import (
    blueprints,
    conversations,
    datasets,
    detectors,
    health,
    images,
    inspections,
    jobs,
    knowledge,
    lineups,
    reports,
    segment,
    webhooks,
)
from agent.api.trail import Trail
from agent.chat.lazy import LazyPage
from agent.chat.session import open_conversation
from agent.jobs import client
from agent.settings import Settings
from agent.store.files import open_files
from agent.store.repository import Store, open_store
from agent.telemetry import Traced

VERSION = "1"
FILES_A_REQUEST = 8
"""A request may be as large as this many of the largest files."""
TIDY_EVERY_S = 3600.0
ROUTERS = (
    blueprints,
    images,
    lineups,
    conversations,
    datasets,
    detectors,
    inspections,
    reports,
    jobs,
    knowledge,
    segment,
    webhooks,
)


def create_app(
    settings: Settings,
    *,
    work: bool = True,
    page: bool = True,
    conversations: Callable[[Settings, str], Any] = open_conversation,
) -> FastAPI:
    """The HTTP API under `/v1`.

    Args:
        settings: where data lies, who may call, how large uploads may be.
        work: run queued jobs in this process too.
        page: serve the chat page at `/`.
        conversations: opens a conversation by its id; tests give their own.

    Raises:
        OpenDoorError: `settings.host` can be reached from outside and no API key exists.
    """
    store, artifacts = open_store(settings), Artifacts(settings)
    keys = Keys(store, needed=check_door(settings, store), per_minute=settings.requests_per_minute)
    front = _front(settings, store, artifacts, conversations, keys) if page else None

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        # Launching DBOS and importing Gradio take seconds: the first page does not wait for them.
        client.launch_soon(settings, work=work)
        stop = threading.Event()
        threading.Thread(target=_tidy, args=(store, stop), daemon=True).start()
        try:
            async with mcp.running(), front.lifespan() if front else nullcontext():
                yield
        finally:
            stop.set()
            await asyncio.to_thread(client.shutdown)

    app = FastAPI(
        title="Red Rabbit",
        version=VERSION,
        summary="Describe a defect, get a data set, a detector that is proved on it, and a report you can sign.",
        openapi_url="/v1/openapi.json",
        docs_url=None,
        redoc_url=None,
        lifespan=lifespan,
    )
    app.state.context = Context(settings, store, open_files(settings), artifacts, conversations)
    mcp = McpEndpoint(app.state.context)
    app.router.routes.append(Route(PATH, mcp, include_in_schema=False))
    app.state.keys = keys
    app.state.metrics = Metrics()
    problems.install(app)
    for module in ROUTERS:
        app.include_router(
            module.router, prefix="/v1", responses=problems.RESPONSES, dependencies=[Depends(clean_text)]
        )
    app.include_router(artifact_files.router, prefix="/v1")
    app.include_router(health.router, prefix="/v1")
    if front is not None:
        app.mount("/", front)
    app.add_middleware(Door, keys=keys, most=settings.jobs_waiting)
    app.add_middleware(Trail, store=store)
    app.add_middleware(Observe, metrics=app.state.metrics)
    app.add_middleware(Traced)
    app.add_middleware(SecurityHeaders)
    max_bytes = settings.max_upload_mb * 2**20 * FILES_A_REQUEST
    app.add_middleware(Guard, max_bytes=max_bytes, local_only=not keys.needed)
    return app


def _tidy(store: Store, stop: threading.Event) -> None:
    """Forget, now and then, kept answers and deliveries that nobody can ask for again."""
    while True:
        with suppress(Exception):  # the database may be away for a moment
            store.sweep_answers()
            store.sweep_deliveries()
        if stop.wait(TIDY_EVERY_S):
            return


def _front(
    settings: Settings,
    store: Store,
    artifacts: Artifacts,
    conversations: Callable[[Settings, str], Any],
    keys: Keys,
) -> LazyPage:
    """The chat page; where callers need a key, so do its visitors."""

    def warm() -> None:
        # The first message would otherwise wait seconds for the graph's imports and the sentence embedding.
        import agent.conversation  # noqa: F401

        if settings.model == "offline":
            from knowledge.embedding import embed_texts

            embed_texts(["hello"])

    def check(user: str, key: str) -> bool:
        row = keys.find(key)
        return row is not None and row.name == user and bool({"write", "admin"} & set(row.scopes))

    def build() -> Any:
        from agent.chat.layout import mounted

        page = mounted(settings, store, artifacts, conversations, check if keys.needed else None)
        threading.Thread(target=warm, daemon=True).start()
        return page

    return LazyPage(build, settings.data_dir)
