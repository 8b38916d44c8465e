"""The message list: which tool calls still wait, what was said, and a history that every provider accepts."""

from __future__ import annotations

import json
import uuid
from collections.abc import Sequence
from typing import Any

from langchain_core.messages import AIMessage, AnyMessage, HumanMessage, ToolMessage

from agent.state import Call

BY_GRAPH = "by_graph"
INTERRUPTED = json.dumps({"outcome": "interrupted", "text": "not done: the conversation was interrupted here"})
UNUSABLE = "unusable"
MAX_MESSAGES = 40
"""Older messages are not sent to the model; what matters of them is in the memory's summary."""


def graph_calls(calls: Sequence[Call]) -> AIMessage:
    """Tool calls that the graph itself makes, for the user's answer to a question."""
    listed = [{"name": c["name"], "args": c["args"], "id": uuid.uuid4().hex, "type": "tool_call"} for c in calls]
    return AIMessage("", tool_calls=listed, additional_kwargs={BY_GRAPH: True})


def last_caller(messages: Sequence[AnyMessage]) -> AIMessage | None:
    """The newest message that called tools, if nobody spoke since."""
    for message in reversed(messages):
        if isinstance(message, ToolMessage):
            continue
        return message if isinstance(message, AIMessage) else None
    return None


def open_calls(messages: Sequence[AnyMessage]) -> list[dict[str, Any]]:
    """Calls of the newest AI message that have no answer yet; malformed ones first, with `error` set."""
    caller = last_caller(messages)
    if caller is None:
        return []
    answered = {m.tool_call_id for m in messages if isinstance(m, ToolMessage)}
    invalid = [{"name": c["name"] or "", "id": c["id"] or "", "error": c["error"]} for c in caller.invalid_tool_calls]
    valid = [{"name": c["name"], "args": c["args"], "id": c["id"]} for c in caller.tool_calls]
    return [call for call in invalid + valid if call["id"] not in answered]


def called_by_graph(messages: Sequence[AnyMessage]) -> bool:
    """True when the newest calls were made by the graph."""
    caller = last_caller(messages)
    return caller is not None and bool(caller.additional_kwargs.get(BY_GRAPH))


def since_user(messages: Sequence[AnyMessage]) -> list[AnyMessage]:
    """The messages after the user's last one."""
    for index in range(len(messages) - 1, -1, -1):
        if isinstance(messages[index], HumanMessage):
            return list(messages[index + 1 :])
    return list(messages)


def done_texts(messages: Sequence[AnyMessage]) -> list[str]:
    """What the tools that succeeded since the user's last message have to say, each sentence once."""
    texts: list[str] = []
    for message in since_user(messages):
        if isinstance(message, AIMessage) and message.text and not message.tool_calls:
            texts = []  # already said
        if isinstance(message, ToolMessage) and message.status != "error":
            texts.append(str(read_content(message).get("text", "")))
    return list(dict.fromkeys(text for text in texts if text))


def read_content(message: ToolMessage) -> dict[str, Any]:
    """A tool's answer as JSON; empty where it is none."""
    try:
        data = json.loads(str(message.content))
    except ValueError:
        return {}
    return data if isinstance(data, dict) else {}


def for_model(messages: Sequence[AnyMessage]) -> list[AnyMessage]:
    """The newest part of the history, from a user's message on, in which every tool call has its answer."""
    start = max(0, len(messages) - MAX_MESSAGES)
    while start > 0 and not isinstance(messages[start], HumanMessage):
        start -= 1
    kept = list(messages[start:])
    answered = {message.tool_call_id for message in kept if isinstance(message, ToolMessage)}
    result: list[AnyMessage] = []
    for message in kept:
        result.append(message)
        if isinstance(message, AIMessage):
            ids = [call["id"] for call in [*message.tool_calls, *message.invalid_tool_calls]]
            result += [ToolMessage(INTERRUPTED, tool_call_id=i or "", status="error") for i in ids if i not in answered]
    return result


def unusable_rounds(messages: Sequence[AnyMessage]) -> int:
    """How many messages since the user's last one made a tool call that could not be carried out as it stood."""
    callers: set[int] = set()
    caller = 0
    for index, message in enumerate(since_user(messages)):
        if isinstance(message, AIMessage):
            caller = index
        elif isinstance(message, ToolMessage) and read_content(message).get("outcome") == UNUSABLE:
            callers.add(caller)
    return len(callers)
