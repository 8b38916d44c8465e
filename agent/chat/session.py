"""A conversation together with the store: every turn is kept, so that a page that is opened again shows it.

Serves the chat page and the API; the conversation itself is `agent.conversation`.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

from agent.chat.keeping import Keeper
from agent.events import ErrorEvent, Event, ProgressEvent, TextEvent
from agent.settings import Settings
from agent.store.errors import NotFoundError
from agent.store.repository import Store, open_store
from tools.blueprint.model import Blueprint
from tools.errors import RedRabbitError

log = logging.getLogger("redrabbit.chat")
BUSY = "I am still at your last message; wait for it to finish, or cancel it."
BROKEN = (
    "Something broke inside; the server's log says where. Your conversation is safe: try again, or say it otherwise."
)

_locks: dict[str, threading.Lock] = {}
_locks_lock = threading.Lock()
_running: dict[str, str] = {}
"""Conversation id → the job that its turn waits for, as its progress names it."""


def open_conversation(settings: Settings, conversation_id: str) -> Any:
    """The graph's conversation of this id."""
    from agent.conversation import Conversation

    return Conversation(settings, conversation_id)


class Session:
    """One conversation: send, choose, and what was said before."""

    def __init__(
        self,
        settings: Settings,
        conversation_id: str,
        *,
        store: Store | None = None,
        person: str = "",
        open_conversation: Callable[[Settings, str], Any] = open_conversation,
    ) -> None:
        """Open a conversation, new or old; nothing is stored until something is said."""
        self.id = conversation_id
        self.settings = settings
        self.person = person
        self.store = store or open_store(settings)
        self._open = open_conversation
        self._keeper = Keeper(settings, self.store, conversation_id, person)
        self._conversation: Any = None

    @property
    def conversation(self) -> Any:
        """The graph's conversation, opened when first needed."""
        if self._conversation is None:
            self._conversation = self._open(self.settings, self.id)
        return self._conversation

    @property
    def pending(self) -> Event | None:
        """What the conversation waits for."""
        found: Event | None = self.conversation.pending
        return found

    @property
    def blueprint(self) -> Blueprint | None:
        """The Blueprint as it is now."""
        found: Blueprint | None = self.conversation.blueprint
        return found

    def send(self, text: str, files: Sequence[Path] = ()) -> Iterator[Event]:
        """Say something; yields what it leads to, and keeps both."""
        said = {"kind": "user", "text": text, "files": [str(path) for path in files]}
        yield from self._turn(said, lambda: self.conversation.send(text, files), title=text)

    def choose(self, choice: str) -> Iterator[Event]:
        """Answer what the conversation waits for; yields what it leads to, and keeps both."""
        said = {"kind": "choice", "text": choice, "files": []}
        yield from self._turn(said, lambda: self._chosen(choice))

    def _chosen(self, choice: str) -> Iterator[Event]:
        self._keeper.choice(choice, self.pending)
        yield from self.conversation.choose(choice)

    def cancel(self) -> bool:
        """Stop the job that a turn of this conversation waits for; False where none runs."""
        from agent.jobs import client

        job_id = _running.get(self.id)
        if job_id is None:
            return False
        return client.cancel(job_id).state == "cancelled"

    def _turn(
        self, said: dict[str, Any], run: Callable[[], Iterable[Event]], title: str | None = None
    ) -> Iterator[Event]:
        lock = self._lock()
        if not lock.acquire(blocking=False):
            yield ErrorEvent(text=BUSY)
            return
        shown: list[Event] = []
        try:
            self._begin(title)
            self.store.save_message(self.id, "user", [said])
            for event in _guarded(run):
                if isinstance(event, ProgressEvent):
                    _running[self.id] = event.job_id
                else:
                    shown.append(event)
                    self._keeper.keep(event)
                yield event
        finally:
            _running.pop(self.id, None)
            # Also when the reader went away in the middle: what was shown until then is kept.
            try:
                self.store.save_message(self.id, "assistant", [event.model_dump(mode="json") for event in shown])
            finally:
                lock.release()

    def _begin(self, title: str | None) -> None:
        """Make the conversation's record, or give it a title where it has none."""
        try:
            if self.store.get_conversation(self.id).title:
                return
        except NotFoundError:
            pass
        self.store.save_conversation(conversation_id=self.id, title=_title(title), person=self.person or None)

    def _lock(self) -> threading.Lock:
        with _locks_lock:
            return _locks.setdefault(self.id, threading.Lock())


def _title(text: str | None) -> str | None:
    words = " ".join((text or "").split())
    return (words[:60] + "…" if len(words) > 60 else words) or None


def _guarded(run: Callable[[], Iterable[Event]]) -> Iterator[Event]:
    """The events of a turn; an error becomes one more event, so that the conversation goes on."""
    try:
        yield from run()
    except RedRabbitError as error:
        yield ErrorEvent(text=str(error))
    except Exception:
        log.exception("a turn of a conversation broke")
        yield ErrorEvent(text=BROKEN)


def merge_text(events: Iterable[Event]) -> str:
    """The words of events, one paragraph each: for tests and for plain clients."""
    return "\n\n".join(event.text for event in events if isinstance(event, (TextEvent, ErrorEvent)))
