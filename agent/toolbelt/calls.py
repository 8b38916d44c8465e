"""Carries out one tool call: finds the tool, checks the arguments, runs it, and words what came of it."""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any

from langchain_core.messages import ToolMessage
from pydantic import ValidationError

from agent.state import Ask
from agent.toolbelt.base import TOOLS, Context, Outcome, Tool, ToolError
from agent.wording import has_template, say
from tools.errors import RedRabbitError

log = logging.getLogger("redrabbit.agent")
ANY_QUESTION = "*"


@dataclass(frozen=True)
class Done:
    """What came of a call."""

    message: ToolMessage
    text: str = ""
    failed: bool = False
    unusable: bool = False
    """The model has to make the call again, differently."""
    ask: Ask | None = None
    aside: bool = False
    gives: str = ""

    def answers(self, asked: Ask) -> bool:
        """True when this call settled the open question."""
        return self.gives in (ANY_QUESTION, asked.field)

    def skip(self, other: Mapping[str, Any], reason: str) -> ToolMessage:
        """The answer to a call that was not made."""
        return _message(str(other["name"]), str(other["id"]), {"outcome": "skipped", "text": ""} | {"why": reason})


def run_call(context: Context, call: Mapping[str, Any]) -> Done:
    """Run one call.

    Args:
        context: memory (changed in place), settings, where events go.
        call: `name`, `args`, `id`; or `error` instead of `args` where the model's JSON could not be read.
    """
    name, call_id = str(call["name"]), str(call["id"])
    try:
        tool, arguments = _check(call)
    except ToolError as error:
        return _refuse(name, call_id, str(error))
    try:
        outcome: Outcome = tool.function(context, **arguments)
    except (RedRabbitError, ValidationError) as error:
        return _failed(name, call_id, _sentence(error))
    except Exception as error:
        log.exception("the tool %s broke", name)
        reason = (str(error).strip() or type(error).__name__).splitlines()[0][:200]
        return _failed(name, call_id, say("tool_broke", context.language, tool=name, reason=reason))
    text = say(outcome.code, context.language, **outcome.facts) if has_template(outcome.code) else ""
    content = {"outcome": outcome.code, "text": text, **outcome.facts}
    if outcome.ask is not None:
        content["asked_the_user"] = outcome.ask.text
    return Done(_message(name, call_id, content), text, ask=outcome.ask, aside=tool.aside, gives=tool.gives)


def _check(call: Mapping[str, Any]) -> tuple[Tool, dict[str, Any]]:
    """The tool and its arguments.

    Raises:
        ToolError: the call cannot be carried out as it stands.
    """
    name = str(call["name"])
    if "error" in call:
        raise ToolError(f"the arguments of {name or 'the call'} are not valid JSON; send the call again")
    if name not in TOOLS:
        near = get_close_matches(name, TOOLS, n=1)
        hint = f"did you mean {near[0]}?" if near else f"the tools are: {', '.join(TOOLS)}"
        raise ToolError(f"there is no tool {name[:60]!r}; {hint}")
    return TOOLS[name], TOOLS[name].check(call["args"])


def _sentence(error: RedRabbitError | ValidationError) -> str:
    if isinstance(error, ValidationError):
        return str(error.errors()[0]["msg"]).removeprefix("Value error, ")
    return str(error)


def _message(name: str, call_id: str, content: Mapping[str, Any], *, error: bool = False) -> ToolMessage:
    data = json.dumps(content, ensure_ascii=False, default=str)
    return ToolMessage(data, tool_call_id=call_id, name=name or "unknown", status="error" if error else "success")


def _refuse(name: str, call_id: str, reason: str) -> Done:
    content = {"outcome": "unusable", "error": reason}
    return Done(_message(name, call_id, content, error=True), reason, failed=True, unusable=True)


def _failed(name: str, call_id: str, reason: str) -> Done:
    content = {"outcome": "failed", "error": reason, "note": "the user sees this sentence already"}
    return Done(_message(name, call_id, content, error=True), reason, failed=True)
