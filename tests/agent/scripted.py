"""A chat model that says what it was told to: for each message of the user the tool calls to make, then a sentence."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from typing import Any

from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage, BaseMessage, HumanMessage, ToolMessage
from langchain_core.outputs import ChatGeneration, ChatResult
from pydantic import Field

Calls = Sequence[tuple[str, Mapping[str, Any]]]


class ScriptedModel(BaseChatModel):
    """`script` maps a message to its calls; a message that is not in it gets a sentence."""

    script: dict[str, Any]
    seen: list[Any] = Field(default_factory=list)
    bound: list[Any] = Field(default_factory=list)

    @property
    def _llm_type(self) -> str:
        return "scripted"

    def bind_tools(self, tools: Sequence[Any], **kwargs: Any) -> Any:
        self.bound[:] = tools
        return self

    def _generate(
        self, messages: list[BaseMessage], stop: Any = None, run_manager: Any = None, **kw: Any
    ) -> ChatResult:
        self.seen.append(list(messages))
        assert_answered(messages)
        user = max(i for i, message in enumerate(messages) if isinstance(message, HumanMessage))
        after = [message for message in messages[user + 1 :] if isinstance(message, ToolMessage)]
        reply = self.script.get(str(messages[user].content), ())
        if callable(reply):
            message = reply(messages)
        elif after or not reply:
            message = AIMessage("All right.")
        else:
            calls = [{"name": n, "args": dict(a), "id": uuid.uuid4().hex, "type": "tool_call"} for n, a in reply]
            message = AIMessage("", tool_calls=calls)
        return ChatResult(generations=[ChatGeneration(message=message)])


def assert_answered(messages: Sequence[BaseMessage]) -> None:
    """What providers insist on: each call has its answer before anybody else speaks."""
    waiting: set[str] = set()
    for message in messages:
        if isinstance(message, ToolMessage):
            assert message.tool_call_id in waiting, "an answer to no call"
            waiting.discard(message.tool_call_id)
            continue
        assert not waiting, f"calls without an answer: {waiting}"
        if isinstance(message, AIMessage):
            waiting = {str(call["id"]) for call in [*message.tool_calls, *message.invalid_tool_calls]}
    assert not waiting
