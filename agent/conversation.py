"""One conversation: drives the graph and turns what happens into events, for the terminal, the page and the API.

    conversation = Conversation(get_settings(), "my-first")
    for event in conversation.send("a 3 mm scratch on brass", files=[Path("good/")]):
        print(event)

After `send` or `choose` the conversation may wait (`pending`); then either of the two answers.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from langchain_core.messages import HumanMessage
from langgraph.checkpoint.base import BaseCheckpointSaver
from langgraph.types import Command
from pydantic import TypeAdapter

from agent.attachments import take_attachments
from agent.checkpoints import open_checkpointer
from agent.events import ApprovalEvent, ErrorEvent, Event, LineupEvent, QuestionEvent
from agent.graph import RECURSION_LIMIT, build_graph
from agent.language import detect_language
from agent.services import Services
from agent.settings import Settings
from agent.state import Ask, Memory, read_memory
from agent.wording import say
from tools.blueprint.model import Blueprint

if TYPE_CHECKING:
    from langchain_core.language_models import BaseChatModel

    from agent.toolbelt.work import Runner

MAX_CHARACTERS = 8000
_EVENTS: TypeAdapter[Event] = TypeAdapter(Event)
_locks: dict[str, threading.Lock] = {}
_locks_lock = threading.Lock()


class Conversation:
    """One chat with its memory. Several can run at once; one of them takes one message at a time."""

    def __init__(
        self,
        settings: Settings,
        conversation_id: str,
        *,
        model: BaseChatModel | None = None,
        runner: Runner | None = None,
        checkpointer: BaseCheckpointSaver[Any] | None = None,
    ) -> None:
        """Open a conversation, new or old.

        Args:
            settings: data folder, model, database.
            conversation_id: names the conversation; the same id goes on where it stopped.
            model: a chat model instead of the one that the settings name.
            runner: who runs long work; durable jobs by default.
            checkpointer: where the state is kept; the settings' database by default.
        """
        self.settings = settings
        self.id = conversation_id
        self._services = Services(settings, model, runner, conversation_id)
        self._graph = build_graph(checkpointer or open_checkpointer(settings))
        self._config: Any = {"configurable": {"thread_id": conversation_id}, "recursion_limit": RECURSION_LIMIT}

    @property
    def pending(self) -> Event | None:
        """What the conversation waits for."""
        asked = self._asked()
        return to_event(asked) if asked else None

    @property
    def blueprint(self) -> Blueprint | None:
        """The Blueprint as it is now."""
        return self.memory.current.blueprint

    @property
    def memory(self) -> Memory:
        """Everything the conversation remembers; a copy."""
        values: dict[str, Any] = self._graph.get_state(self._config).values
        return read_memory({"memory": values.get("memory") or {}})

    def send(self, text: str, files: Sequence[Path] = ()) -> Iterator[Event]:
        """Say something, with images or folders of them; yields what it leads to, as it happens."""
        good, complaints = take_attachments(files, self.settings.data_dir / "uploads")
        for complaint in complaints:
            yield ErrorEvent(text=complaint)
        if complaints and not good and not _names_a_defect(text):
            return  # What was said was about files that cannot be used.
        if len(text) > MAX_CHARACTERS:
            language = detect_language(text[:MAX_CHARACTERS])
            yield ErrorEvent(text=say("message_too_long", language, limit=MAX_CHARACTERS))
            return
        yield from self._turn(text, [str(path) for path in good])

    def choose(self, choice: str) -> Iterator[Event]:
        """Answer what the conversation waits for: `1`, `2`, `tie`, `both_bad`, `undo`, or free text."""
        yield from self._turn(choice, [])

    def cancel(self) -> None:
        """Stop the newest job of this conversation, from another thread than the one that waits for it."""
        memory = self.memory
        if memory.jobs:
            self._services.get_runner().cancel(memory.jobs[-1].id)

    def _turn(self, text: str, files: list[str]) -> Iterator[Event]:
        with self._lock():
            asked = self._asked()
            said: Any = Command(resume={"text": text, "files": files}) if asked else _message(text, files)
            stream = self._graph.stream(said, self._config, context=self._services, stream_mode="custom")
            for data in stream:
                yield _EVENTS.validate_python(data)
            asked = self._asked()
        if asked is not None:
            yield to_event(asked)

    def _asked(self) -> Ask | None:
        """The interrupt that is open."""
        interrupts = self._graph.get_state(self._config).interrupts
        return Ask.model_validate(interrupts[0].value) if interrupts else None

    def _lock(self) -> threading.Lock:
        key = f"{self.settings.data_dir}/{self.id}"
        with _locks_lock:
            return _locks.setdefault(key, threading.Lock())


def _names_a_defect(text: str) -> bool:
    from tools.blueprint.parser import parse

    return bool(text.strip()) and parse(text).blueprint.defect_type is not None


def _message(text: str, files: list[str]) -> Mapping[str, Any]:
    return {"messages": [HumanMessage(text, additional_kwargs={"files": files})], "files": files}


def to_event(asked: Ask) -> Event:
    """An open question as the event that shows it."""
    if asked.kind == "lineup":
        assert asked.left is not None
        assert asked.right is not None
        return LineupEvent(
            lineup_id=asked.lineup_id,
            left=asked.left,
            right=asked.right,
            text=asked.text,
            why=asked.why,
            reasons=tuple(asked.reasons),
            frontier=asked.frontier,
        )
    if asked.kind == "approval":
        return ApprovalEvent(text=asked.text, cost_usd=asked.cost_usd)
    return QuestionEvent(field=asked.field, text=asked.text, options=tuple(asked.options))
