"""The chat model itself: LangChain's interface around the plan and the templates.

It keeps nothing between calls: what it needs stands in the messages, the situation in the system prompt. After its
tools have run it says what they have to say; so the graph, the tools and the tests are the same as for any other model.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Sequence
from typing import Any

from langchain_core.callbacks import CallbackManagerForLLMRun
from langchain_core.language_models import BaseChatModel, LanguageModelInput
from langchain_core.messages import AIMessage, AnyMessage, BaseMessage, HumanMessage, SystemMessage, ToolMessage
from langchain_core.outputs import ChatGeneration, ChatResult
from langchain_core.runnables import Runnable

from agent.language import LANGUAGES
from agent.models.offline.plan import Plan, make_plan
from agent.models.offline.router import get_router
from agent.transcript import UNUSABLE, done_texts, read_content, since_user
from agent.wording import has_template, say

_BOUNDS = {"greater than or equal to": "≥", "less than or equal to": "≤", "greater than": ">", "less than": "<"}
SITUATION_HEAD = "How things stand (JSON):"


class OfflineChatModel(BaseChatModel):
    """Routes intents with sentence embeddings, fills arguments with the parser, words answers from templates."""

    tools: tuple[str, ...] = ()
    """Names of the bound tools; without any it only talks."""

    @property
    def _llm_type(self) -> str:
        return "redrabbit-offline"

    def bind_tools(
        self,
        tools: Sequence[Any],
        *,
        tool_choice: Any = None,  # noqa: ARG002
        **kwargs: Any,  # noqa: ARG002
    ) -> Runnable[LanguageModelInput, AIMessage]:
        """The same model with these tools (OpenAI schemas, LangChain tools or pydantic classes)."""
        from langchain_core.utils.function_calling import convert_to_openai_tool

        names = tuple(str(convert_to_openai_tool(tool)["function"]["name"]) for tool in tools)
        return self.model_copy(update={"tools": names})

    def _generate(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,  # noqa: ARG002
        run_manager: CallbackManagerForLLMRun | None = None,  # noqa: ARG002
        **kwargs: Any,  # noqa: ARG002
    ) -> ChatResult:
        return ChatResult(generations=[ChatGeneration(message=self._answer(messages))])

    def _answer(self, messages: Sequence[BaseMessage]) -> AIMessage:
        history: list[Any] = [message for message in messages if not isinstance(message, SystemMessage)]
        situation = read_situation(messages)
        if any(isinstance(message, ToolMessage) for message in since_user(history)):
            return _report(history, situation)
        user = next((message for message in reversed(history) if isinstance(message, HumanMessage)), None)
        if user is None:
            return AIMessage(_words("greeting", situation))
        return self._start(user, history, situation)

    def _start(self, user: HumanMessage, history: Sequence[AnyMessage], situation: dict[str, Any]) -> AIMessage:
        files = bool(user.additional_kwargs.get("files"))
        text, intent = _asked_before(user, history)
        plan = make_plan(text, situation, files=files, intent=intent)
        if plan.unsure:
            plan = _question(plan, text, situation)
        calls = [call for call in plan.calls if call["name"] in self.tools]
        if calls:
            return AIMessage("", tool_calls=[{**call, "id": uuid.uuid4().hex, "type": "tool_call"} for call in calls])
        return AIMessage(_words(plan.say or "not_understood", situation))


def read_situation(messages: Sequence[BaseMessage]) -> dict[str, Any]:
    """The situation's JSON at the end of the system prompt; empty where there is none."""
    for message in messages:
        if isinstance(message, SystemMessage) and SITUATION_HEAD in message.text:
            try:
                data = json.loads(message.text.rsplit(SITUATION_HEAD, 1)[1])
            except ValueError:
                return {}
            return data if isinstance(data, dict) else {}
    return {}


def _words(key: str, situation: dict[str, Any]) -> str:
    return say(key, str(situation.get("language", "en")), next=str(situation.get("next_step", "")))


def _report(history: Sequence[AnyMessage], situation: dict[str, Any]) -> AIMessage:
    """What the tools had to say; nothing where all of it is shown already (an error, a question)."""
    refused = [say("call_unusable", str(situation.get("language", "en")), reason=why) for why in _unusable(history)]
    text = "\n\n".join([*done_texts(history), *refused])
    return AIMessage(text, response_metadata={"silent": not text})


def _unusable(history: Sequence[AnyMessage]) -> list[str]:
    """Why calls could not be made as they stood; this model cannot mend them, so the user has to know."""
    contents = [read_content(message) for message in since_user(history) if isinstance(message, ToolMessage)]
    errors = [str(content.get("error")) for content in contents if content.get("outcome") == UNUSABLE]
    reasons = [error.partition("; the arguments are")[0].partition(": ")[2] or error for error in errors]
    for words, sign in _BOUNDS.items():
        reasons = [reason.replace(f": Input should be {words}", f" {sign}") for reason in reasons]
    return reasons


def _question(plan: Plan, text: str, situation: dict[str, Any]) -> Plan:
    """Ask which of the likely readings is meant."""
    language = str(situation.get("language", "en"))
    if plan.unsure == ("attachment",):
        options = [say("option_good_parts", language), say("option_inspect", language)]
        question = say("ask_attachment", language)
    else:
        options = [say(f"intent_{name}", language) for name in plan.unsure] + [say("intent_other", language)]
        question = say("ask_unsure", language)
    return Plan(({"name": "ask_user", "args": {"question": question, "options": options, "about": text}},))


def _asked_before(user: HumanMessage, history: Sequence[AnyMessage]) -> tuple[str, str | None]:
    """Where the message answers "which of these do you mean?": the first message, and the intent that was picked."""
    before = list(history[: history.index(user)])
    asked = next((message for message in reversed(before) if not isinstance(message, AIMessage)), None)
    if not isinstance(asked, ToolMessage) or asked.name != "ask_user":
        return user.text, None
    picked = _intent_named(user.text)
    about = str(read_content(asked).get("about") or "")
    return (about, picked) if picked and about else (user.text, None)


def _intent_named(text: str) -> str | None:
    """The intent whose option this is, in any language."""
    plain = text.strip().lower()
    for intent in get_router().intents:
        key = f"intent_{intent}"
        if has_template(key) and plain in (say(key, language).lower() for language in LANGUAGES):
            return intent
    return None
