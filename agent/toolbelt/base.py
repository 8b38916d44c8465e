"""What a tool of the agent is: a name, an argument schema, a docstring for the model, and a function.

A function gets a `Context` and its checked arguments, changes `context.memory`, emits events, and returns an `Outcome`:
a code and facts that a model (or a template) puts into words. It raises `RedRabbitError` where something is wrong.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from pydantic import BaseModel, ConfigDict, ValidationError

from agent.events import Event
from agent.settings import Settings
from agent.state import Ask, Memory, PartMemory
from agent.toolbelt.work import Runner
from tools.errors import BadInputError


class ToolError(BadInputError):
    """A tool call that cannot be carried out as it stands."""


class Arguments(BaseModel):
    """Base of all argument schemas: unknown keys are errors, so that a model learns of its typos."""

    model_config = ConfigDict(extra="forbid")


class NoArguments(Arguments):
    """Nothing to say."""


@dataclass
class Context:
    """What a tool may see and change."""

    settings: Settings
    memory: Memory
    conversation_id: str = "local"
    emit: Callable[[Event], None] = field(default=lambda _event: None)
    get_runner: Callable[[], Runner] | None = None
    get_model: Callable[[], Any] | None = None
    """The chat model, for tools that read with it; None where the embedded one is set or nobody may be asked."""
    approved: bool = False
    """The user said yes to this call's cost or duration."""

    @property
    def part(self) -> PartMemory:
        """The part that the talk is about."""
        return self.memory.current

    @property
    def language(self) -> str:
        """Of the answers."""
        return self.memory.language


@dataclass(frozen=True)
class Outcome:
    """What came of a call. `code` names the template in `agent/prompts/wording_*.yaml`; `facts` are JSON values."""

    code: str
    facts: Mapping[str, Any] = field(default_factory=dict)
    ask: Ask | None = None


@dataclass(frozen=True)
class Tool:
    """One tool, as the graph runs it and the model sees it."""

    name: str
    arguments: type[Arguments]
    function: Callable[..., Outcome]
    aside: bool = False
    """It only tells something: a question that is open stays open."""
    gives: str = ""
    """The question (its field) that a call settles; `*` settles any."""

    @property
    def schema(self) -> dict[str, Any]:
        """The OpenAI function schema, which every LangChain provider understands."""
        parameters = _plain_schema(self.arguments.model_json_schema())
        description = inspect.getdoc(self.function) or ""
        return {
            "type": "function",
            "function": {"name": self.name, "description": description, "parameters": parameters},
        }

    def check(self, arguments: Mapping[str, Any]) -> dict[str, Any]:
        """Arguments, converted.

        Raises:
            ToolError: something is missing, unknown or of the wrong kind; the sentence says which.
        """
        try:
            checked = self.arguments.model_validate({k: v for k, v in arguments.items() if v is not None})
        except ValidationError as error:
            first = error.errors()[0]
            where = ".".join(map(str, first["loc"])) or "the arguments"
            known = ", ".join(self.arguments.model_fields) or "none"
            raise ToolError(f"{self.name}: {where}: {first['msg']}; the arguments are: {known}") from None
        return {name: getattr(checked, name) for name in self.arguments.model_fields}


def _plain_schema(schema: dict[str, Any]) -> dict[str, Any]:
    """A schema without titles, which only cost tokens."""

    def strip(node: Any, inside_properties: bool = False) -> Any:
        if isinstance(node, dict):
            kept = {k: v for k, v in node.items() if inside_properties or k not in ("title", "additionalProperties")}
            return {k: strip(v, k == "properties") for k, v in kept.items()}
        return [strip(item) for item in node] if isinstance(node, list) else node

    plain: dict[str, Any] = strip(schema)
    plain.pop("description", None)
    plain.setdefault("properties", {})
    return plain


TOOLS: dict[str, Tool] = {}


def tool(
    name: str, arguments: type[Arguments] = NoArguments, *, aside: bool = False, gives: str = ""
) -> Callable[[Any], Any]:
    """Register a function as a tool; its docstring is what the model reads."""

    def register(function: Callable[..., Outcome]) -> Callable[..., Outcome]:
        TOOLS[name] = Tool(name, arguments, function, aside, gives)
        return function

    return register
