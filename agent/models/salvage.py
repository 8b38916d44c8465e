"""Tool calls that a model wrote as text: small models often answer with the JSON instead of making the call.

Only a reply that is nothing but such JSON (bare, in a code fence, or in `<tool_call>` tags) and that names a known tool
is taken as a call; JSON inside prose stays prose.
"""

from __future__ import annotations

import json
import re
import uuid
from typing import Any

from langchain_core.messages import AIMessage

_WRAPPERS = (
    re.compile(r"^\s*<tool_call>\s*(.*?)\s*(?:</tool_call>)?\s*$", re.S),
    re.compile(r"^\s*```(?:json|tool_call)?\s*(.*?)\s*```\s*$", re.S),
)
_NAMES = ("name", "tool", "function")
_ARGUMENTS = ("arguments", "parameters", "args", "input")


def salvage_calls(message: AIMessage) -> AIMessage:
    """The message with its text turned into tool calls where it is nothing else; otherwise the message as it is."""
    text = message.text.strip()
    for wrapper in _WRAPPERS:
        match = wrapper.match(text)
        if match:
            text = match.group(1).strip()
    if not text.startswith(("{", "[")):
        return message
    try:
        data = json.loads(text)
    except ValueError:
        return message
    calls = [_call(item) for item in (data if isinstance(data, list) else [data])]
    found = [call for call in calls if call is not None]
    if not found or len(found) != len(calls):
        return message
    return message.model_copy(update={"content": "", "tool_calls": found})


def _call(item: Any) -> dict[str, Any] | None:
    from agent.toolbelt import TOOLS

    if isinstance(item, dict) and isinstance(item.get("function"), dict):
        item = item["function"]
    if not isinstance(item, dict):
        return None
    name = next((item[key] for key in _NAMES if isinstance(item.get(key), str)), None)
    arguments: Any = next((item[key] for key in _ARGUMENTS if key in item), {})
    if isinstance(arguments, str):
        try:
            arguments = json.loads(arguments)
        except ValueError:
            return None
    if name not in TOOLS or not isinstance(arguments, dict):
        return None
    return {"name": name, "args": arguments, "id": f"text_{uuid.uuid4().hex}", "type": "tool_call"}
