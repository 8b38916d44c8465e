"""Lets the chat model speak: builds its prompt, calls it, and turns everything that can go wrong into one sentence."""

from __future__ import annotations

import json
import logging
from dataclasses import dataclass
from typing import Any

from langchain_core.messages import AIMessage, SystemMessage

from agent.models.salvage import salvage_calls
from agent.services import Services
from agent.situation import situation
from agent.state import AgentState, read_memory, read_pending
from agent.toolbelt import schemas
from agent.transcript import for_model
from agent.wording import load_prompt, say
from tools.errors import RedRabbitError

log = logging.getLogger("redrabbit.agent")


@dataclass(frozen=True)
class Said:
    """The model's message; `failed` where it is our own sentence about a failure."""

    message: AIMessage
    failed: bool = False


def speak(services: Services, state: AgentState, *, may_call: bool = True) -> Said:
    """One model call.

    Args:
        services: the model is taken from here.
        state: messages and memory.
        may_call: False where the model has to come to an end without more tools.
    """
    memory = read_memory(state)
    try:
        model = services.get_model()
        bound: Any = model.bind_tools(schemas()) if may_call else model
        prompt = [SystemMessage(system_prompt(state)), *for_model(state["messages"])]
        answer = bound.invoke(prompt)
    except RedRabbitError as error:
        return Said(AIMessage(str(error)), failed=True)
    except Exception as error:
        from agent.models.errors import explain

        log.warning("the chat model failed", exc_info=True)
        return Said(AIMessage(explain(error, services.settings, memory.language)), failed=True)
    return _usable(answer, memory.language, may_call)


def _usable(answer: Any, language: str, may_call: bool) -> Said:
    """The answer as an AIMessage; tool calls written as text are taken as calls, an empty answer is a failure."""
    message = answer if isinstance(answer, AIMessage) else AIMessage(str(getattr(answer, "content", answer)))
    if not may_call:
        message = message.model_copy(update={"tool_calls": [], "invalid_tool_calls": []})
    elif not message.tool_calls and not message.invalid_tool_calls:
        message = salvage_calls(message)
    if message.tool_calls or message.invalid_tool_calls or message.text.strip():
        return Said(message)
    if message.response_metadata.get("silent"):
        return Said(message)
    return Said(AIMessage(say("model_silent", language)), failed=True)


def system_prompt(state: AgentState) -> str:
    """What the model is told: its task, and how things stand, as JSON."""
    memory, pending = read_memory(state), read_pending(state)
    now = json.dumps(situation(memory, pending), ensure_ascii=False, indent=1)
    return load_prompt("system").replace("{situation}", now)
