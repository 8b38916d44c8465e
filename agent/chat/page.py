"""The handlers of the Sculpt place: what happens when a visitor says, sends or chooses something."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from agent.api.artifacts import Artifacts
from agent.api.uploads import keep_named
from agent.chat.noting import note
from agent.chat.samples import sample_parts
from agent.chat.session import Session
from agent.chat.views import CHOICE_WORDS, View
from agent.events import Event
from agent.settings import Settings
from agent.store.repository import Store
from tools.errors import BadInputError, RedRabbitError

ID = re.compile(r"[A-Za-z0-9_-]{8,64}")
QUICK = 6
"""Buttons for the likely answers to a question."""
SAMPLE_TEXT = "These are rendered sample parts without defects. Use them as the good parts."


class ConversationIdError(BadInputError):
    """The browser sent something that is no conversation id."""


@dataclass(frozen=True)
class Parts:
    """What a turn updates, in this order."""

    chat: Any
    stage: Any
    choices: Any
    card: Any
    downloads: Any
    job: Any
    bar: Any
    quick: tuple[Any, ...]
    starters: Any
    box: Any
    status: Any

    def outputs(self) -> list[Any]:
        """As Gradio wants them."""
        middle = [self.chat, self.stage, self.choices, self.card, self.downloads, self.job, self.bar]
        return [*middle, *self.quick, self.starters, self.box, self.status]


class Page:
    """Handlers of the page; each visitor's conversation is found by its id."""

    def __init__(
        self,
        settings: Settings,
        store: Store,
        artifacts: Artifacts,
        conversations: Callable[[Settings, str], Any],
    ) -> None:
        """Serve conversations of these settings."""
        self.settings = settings
        self.store = store
        self.artifacts = artifacts
        self.conversations = conversations

    def session(self, conversation_id: str, person: str = "") -> Session:
        """The conversation of an id."""
        return Session(
            self.settings, conversation_id, store=self.store, person=person, open_conversation=self.conversations
        )

    def view(self, conversation_id: str) -> View:
        """What was said in it so far, as it is shown.

        Raises:
            ConversationIdError: not an id that the page makes.
        """
        if not ID.fullmatch(conversation_id or ""):
            raise ConversationIdError("this conversation has no usable id; load the page again")
        view = View(self.artifacts.link, self.settings.data_dir / "cache" / "overlays", self.settings.data_dir)
        view.restore(self.store.list_messages(conversation_id))
        return view

    def opened(self, conversation_id: str) -> tuple[Any, ...]:
        """A visitor arrives, or begins a new conversation, with the id that the browser chose."""
        return self.shown(self.view(conversation_id), busy=False)

    def sent(self, message: dict[str, Any], conversation_id: str) -> Iterator[tuple[Any, ...]]:
        """A message with files; shows each event as it comes."""
        view = self.view(conversation_id)
        text = (message.get("text") or "").strip()
        names = [Path(name) for name in message.get("files") or []]
        if not text and not names:
            yield self.shown(view, busy=False)
            return
        try:
            files = [keep_named(path.read_bytes(), path.name, conversation_id, self.settings) for path in names]
        except RedRabbitError as error:
            view.messages.append({"role": "assistant", "content": f"⚠️ {error}"})
            yield self.shown(view, busy=False, text=text)
            return
        view.say(text, tuple(files))
        note(self.store, "SAY", f"/v1/conversations/{conversation_id}")
        yield from self._follow(view, self.session(conversation_id).send(text, files))

    def said(self, text: str, conversation_id: str) -> Iterator[tuple[Any, ...]]:
        """A message from a button."""
        if self.view(conversation_id).options:
            yield from self.chose(text, conversation_id)
        else:
            yield from self.sent({"text": text, "files": []}, conversation_id)

    def samples(self, conversation_id: str) -> Iterator[tuple[Any, ...]]:
        """The visitor has no photos at hand: render some parts."""
        view = self.view(conversation_id)
        view.say(SAMPLE_TEXT)
        yield self.shown(view, busy=True)
        files = sample_parts(self.settings.data_dir / "samples")
        view.messages.pop()
        view.say(SAMPLE_TEXT, tuple(files))
        note(self.store, "SAY", f"/v1/conversations/{conversation_id}")
        yield from self._follow(view, self.session(conversation_id).send(SAMPLE_TEXT, files))

    def chose(self, choice: str, conversation_id: str) -> Iterator[tuple[Any, ...]]:
        """An answer to what the conversation waits for."""
        view = self.view(conversation_id)
        view.say(CHOICE_WORDS.get(choice, choice))
        note(self.store, "CHOOSE", f"/v1/conversations/{conversation_id}")
        yield from self._follow(view, self.session(conversation_id).choose(choice))

    def cancelled(self, conversation_id: str) -> None:
        """Stop the job that the conversation waits for."""
        note(self.store, "CANCEL", f"/v1/conversations/{conversation_id}")
        self.session(conversation_id).cancel()

    def _follow(self, view: View, events: Iterator[Event]) -> Iterator[tuple[Any, ...]]:
        yield self.shown(view, busy=True)
        for event in events:
            view.apply(event)
            yield self.shown(view, busy=True)
        view.progress = None
        yield self.shown(view, busy=False)

    def shown(self, view: View, *, busy: bool, text: str = "") -> tuple[Any, ...]:
        """The updates of `Parts`, in its order."""
        import gradio as gr

        options = () if busy else view.suggestions()[:QUICK]
        # Cleared when a turn begins and never when it ends: by then the visitor may be typing the next message.
        words = {"value": {"text": text, "files": []}} if busy or text else {}
        quick = [
            gr.update(value=options[n], visible=True) if n < len(options) else gr.update(visible=False)
            for n in range(QUICK)
        ]
        return (
            list(view.messages),
            view.stage(),
            gr.update(visible=view.lineup is not None and not busy),
            view.card(),
            view.downloads(),
            gr.update(visible=view.progress is not None),
            view.bar(),
            *quick,
            gr.update(visible=not view.messages),
            gr.update(interactive=not busy, **words),
            view.status(busy),
        )
