"""Conversations: the same chat as on the page, for programs."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, File, Form, Query, Response, UploadFile
from fastapi import Path as PathParameter
from fastapi.responses import StreamingResponse
from pydantic import BaseModel, Field

from agent.api.access import Reader, Writer
from agent.api.context import After, Context, Ctx, IdempotencyKey, Limit, Page, once, page
from agent.api.errors import TooLargeError
from agent.api.routers.images import MAX_FILES
from agent.api.uploads import keep_named, read_upload
from agent.chat.session import Session
from agent.events import Event

router = APIRouter(prefix="/conversations", tags=["conversations"])
Id = Annotated[str, PathParameter(min_length=1, max_length=64, pattern="^[A-Za-z0-9_-]+$")]
Stream = Annotated[bool, Query(description="Send events as they come, as server-sent events.")]


class NewConversation(BaseModel):
    """A chat to begin."""

    title: str = Field(default="", max_length=200, examples=["scratches on fittings"])


class ConversationAnswer(BaseModel):
    """A chat."""

    id: str
    title: str
    person: str
    created_at: datetime
    updated_at: datetime


class Choice(BaseModel):
    """An answer to what the conversation waits for."""

    choice: str = Field(
        min_length=1, max_length=2000, examples=["1"], description="1, 2, tie, both_bad, undo, or free text."
    )


@router.post("", status_code=201, summary="Begin a conversation")
def create(
    body: NewConversation, ctx: Ctx, caller: Writer, idempotency_key: IdempotencyKey = None
) -> ConversationAnswer:
    """Makes an id; nothing is said yet."""

    def make() -> ConversationAnswer:
        row = ctx.store.save_conversation(title=body.title, person=caller)
        return ConversationAnswer.model_validate(row, from_attributes=True)

    return once(ctx, caller, "conversations", idempotency_key, body, ConversationAnswer, make)


@router.get("", summary="List conversations")
def list_all(ctx: Ctx, _: Reader, limit: Limit = 50, after: After = None) -> Page[ConversationAnswer]:
    """Newest first."""
    rows = ctx.store.list_conversations(limit=limit, after=after)
    return page(rows, limit, lambda row: ConversationAnswer.model_validate(row, from_attributes=True))


@router.get("/{conversation_id}", summary="Read a conversation")
def read(conversation_id: Id, ctx: Ctx, _: Reader) -> dict[str, Any]:
    """Its messages, what it waits for, and the Blueprint as it is now."""
    row = ctx.store.get_conversation(conversation_id)
    session = _session(conversation_id, ctx)
    pending, blueprint = session.pending, session.blueprint
    messages = [
        {"role": each.role, "created_at": each.created_at, "events": ctx.artifacts.with_links(each.events)}
        for each in ctx.store.list_messages(conversation_id)
    ]
    return {
        **ConversationAnswer.model_validate(row, from_attributes=True).model_dump(),
        "messages": messages,
        "pending": ctx.artifacts.with_links(pending.model_dump()) if pending else None,
        "blueprint": blueprint.model_dump(mode="json") if blueprint else None,
    }


@router.delete("/{conversation_id}", status_code=204, response_class=Response, summary="Delete a conversation")
def delete(conversation_id: Id, ctx: Ctx, _: Writer) -> None:
    """Removes its messages and what was remembered of it; Blueprints and images stay."""
    from agent.checkpoints import open_checkpointer

    ctx.store.delete_conversation(conversation_id)
    open_checkpointer(ctx.settings).delete_thread(conversation_id)


@router.post("/{conversation_id}/messages", response_model=None, summary="Say something")
def say(
    conversation_id: Id,
    ctx: Ctx,
    _: Writer,
    text: Annotated[str, Form(max_length=10_000)] = "",
    files: Annotated[list[UploadFile] | None, File(description="Photos that go with it.")] = None,
    stream: Stream = False,
) -> Response | dict[str, Any]:
    """Sends a message with photos; answers with the events that it leads to."""
    ctx.store.get_conversation(conversation_id)
    if len(files or []) > MAX_FILES:
        raise TooLargeError(f"{len(files or [])} files in one request; send at most {MAX_FILES}")
    kept = [(read_upload(each, ctx.settings), each.filename) for each in files or []]
    paths = [keep_named(data, name, conversation_id, ctx.settings) for data, name in kept]
    return _events(_session(conversation_id, ctx).send(text, paths), ctx, stream)


@router.post("/{conversation_id}/choices", response_model=None, summary="Answer")
def choose(conversation_id: Id, body: Choice, ctx: Ctx, _: Writer, stream: Stream = False) -> Response | dict[str, Any]:
    """Answers a lineup, a question or a request for approval."""
    ctx.store.get_conversation(conversation_id)
    return _events(_session(conversation_id, ctx).choose(body.choice), ctx, stream)


def _session(conversation_id: str, ctx: Context) -> Session:
    return Session(ctx.settings, conversation_id, store=ctx.store, open_conversation=ctx.conversations)


def _events(events: Iterator[Event], ctx: Context, stream: bool) -> Response | dict[str, Any]:
    if not stream:
        return {"events": [_shown(event, ctx) for event in events]}

    def lines() -> Iterator[str]:
        for event in events:
            yield f"event: {event.kind}\ndata: {json.dumps(_shown(event, ctx))}\n\n"

    return StreamingResponse(lines(), media_type="text/event-stream", headers={"Cache-Control": "no-store"})


def _shown(event: Event, ctx: Context) -> dict[str, Any]:
    document: dict[str, Any] = ctx.artifacts.with_links(_plain(event))
    return document


def _plain(event: Event) -> dict[str, Any]:
    """JSON values, with paths still absolute for `with_links`."""
    return event.model_dump(mode="json")
