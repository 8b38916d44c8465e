"""Tool calls from outside: another agent uses the tools of a conversation without its chat model.

The conversation's memory is the same that the chat has, so a person can open it on the page and go on.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from agent.checkpoints import open_checkpointer
from agent.events import Event
from agent.graph import build_graph
from agent.services import Services
from agent.settings import Settings
from agent.state import read_memory
from agent.toolbelt import Context, run_call

_locks: dict[str, threading.Lock] = {}
_locks_lock = threading.Lock()


def call_tool(
    settings: Settings,
    conversation_id: str,
    name: str,
    arguments: Mapping[str, Any],
    *,
    files: Sequence[Path] = (),
    approved: bool = False,
) -> dict[str, Any]:
    """Carry out one call and remember what it changed.

    Args:
        settings: data folder, database, generator.
        conversation_id: whose memory; a new id starts empty.
        name: of the tool.
        arguments: as its schema says.
        files: pictures that count as attached to the conversation.
        approved: the caller says yes to the cost or duration of this call.

    Returns:
        `ok`, `text`, `facts`, `events` (what a person would have been shown) and `asked` (what is needed before the
        call can be carried out; `kind`, `field`, `text`, `options`), or None.
    """
    services = Services(settings, conversation_id=conversation_id)
    graph = build_graph(open_checkpointer(settings))
    config: Any = {"configurable": {"thread_id": conversation_id}}
    events: list[Event] = []
    with _lock(conversation_id):
        memory = read_memory({"memory": graph.get_state(config).values.get("memory") or {}})
        before = memory.model_copy(deep=True)
        if files:
            memory.attachments = list(files)
        context = Context(
            settings=settings,
            memory=memory,
            conversation_id=conversation_id,
            emit=events.append,
            get_runner=services.get_runner,
            approved=approved,
        )
        done = run_call(context, {"name": name, "args": dict(arguments), "id": "direct"})
        kept = before.model_copy(update={"jobs": memory.jobs}) if done.failed else memory
        graph.update_state(config, {"memory": kept.model_dump(mode="json"), "pending": None}, as_node="tools")
    facts = json.loads(str(done.message.content))
    shown = [event.model_dump(mode="json") for event in events if event.kind != "progress"]
    asked = done.ask.model_dump(mode="json", exclude_none=True) if done.ask else None
    return {"ok": not done.failed, "text": done.text, "facts": facts, "events": shown, "asked": asked}


def _lock(conversation_id: str) -> threading.Lock:
    with _locks_lock:
        return _locks.setdefault(conversation_id, threading.Lock())
