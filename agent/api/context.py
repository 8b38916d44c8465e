"""What every route can reach: settings, store, files, links, and who wants to go on where in a list."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Generic, TypeVar

from fastapi import Depends, Header, Query, Request
from pydantic import BaseModel

from agent.api.artifacts import Artifacts
from agent.settings import Settings
from agent.store.files import FileStore
from agent.store.repository import Store

T = TypeVar("T")
M = TypeVar("M", bound=BaseModel)


@dataclass(frozen=True)
class Context:
    """The application's own things."""

    settings: Settings
    store: Store
    files: FileStore
    artifacts: Artifacts
    conversations: Callable[[Settings, str], Any]
    """Opens the conversation of an id: `agent.conversation.Conversation`."""

    def knowledge(self) -> Any:
        """The knowledge index, opened when first asked."""
        from agent.report.knowledge import open_index

        return open_index(self.settings)


def _context(request: Request) -> Context:
    found: Context = request.app.state.context
    return found


Ctx = Annotated[Context, Depends(_context)]
Limit = Annotated[int, Query(ge=1, le=200, description="How many at most.")]
After = Annotated[str | None, Query(max_length=64, description="`next` of the page before.")]
IdempotencyKey = Annotated[
    str | None,
    Header(max_length=200, description="Any text of the caller's own; the same request sent again makes nothing new."),
]


class Page(BaseModel, Generic[T]):
    """One page of a list, newest first."""

    items: list[T]
    next: str | None = None
    """Send as `after` for the page that follows; null at the end."""


def page(rows: Sequence[Any], limit: int, shown: Callable[[Any], T]) -> Page[T]:
    """A page of rows that have ids."""
    return Page(items=[shown(row) for row in rows], next=rows[-1].id if len(rows) == limit else None)


def once(
    ctx: Context, caller: str, route: str, key: str | None, request: BaseModel, kind: type[M], make: Callable[[], M]
) -> M:
    """The answer to a request that carries an idempotency key: made once, then given again.

    Raises:
        ConflictError: the key was used for another request, or the first one is still at work.
    """
    answer_id = job_id_of(key, caller, route)
    if answer_id is None:
        return make()
    digest = hashlib.sha256(request.model_dump_json().encode("utf-8", "surrogateescape")).hexdigest()
    known = ctx.store.begin_answer(answer_id, digest)
    if known is not None:
        return kind.model_validate(known.body)
    try:
        made = make()
    except BaseException:
        ctx.store.end_answer(answer_id, 500, {})
        raise
    ctx.store.end_answer(answer_id, 200, made.model_dump(mode="json"))
    return made


def job_id_of(key: str | None, caller: str, route: str) -> str | None:
    """The job that belongs to an idempotency key of one caller on one route; None without a key."""
    if key is None:
        return None
    return hashlib.sha256("\x00".join((caller, route, key)).encode("utf-8", "surrogateescape")).hexdigest()[:32]
