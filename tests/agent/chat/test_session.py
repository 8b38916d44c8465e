"""A conversation joined with the store: kept turns, errors as events, one turn at a time."""

from __future__ import annotations

import importlib.util
import threading
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from agent import events
from agent.chat.session import BROKEN, BUSY, Session, merge_text
from agent.settings import Settings
from agent.store.repository import Store
from tools.errors import BadInputError


def fake_conversation() -> Any:
    path = Path(__file__).with_name("fake_conversation.py")
    spec = importlib.util.spec_from_file_location("fake_conversation", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.FakeConversation


class Echo:
    """Says what it heard."""

    def __init__(self, settings: Settings, conversation_id: str) -> None:
        self.pending: events.Event | None = None
        self.blueprint = None

    def send(self, text: str, files: Sequence[Path] = ()) -> Iterator[events.Event]:
        if text == "wait":
            time.sleep(1.0)
        yield events.ProgressEvent(job_id="j", fraction=0.5)
        yield events.TextEvent(text=text)
        if text == "bad":
            raise BadInputError("no")
        if text == "bug":
            raise ZeroDivisionError("secret")

    def choose(self, choice: str) -> Iterator[events.Event]:
        yield events.TextEvent(text=f"chose {choice}")


@pytest.fixture
def session(tmp_path: Path) -> Session:
    settings = Settings(data_dir=tmp_path)
    return Session(settings, "c" * 12, store=Store(settings.store_url), open_conversation=Echo)


def test_turns_are_kept_without_progress(session: Session) -> None:
    shown = list(session.send("hello there", [Path("/x/a.png")]))
    assert [event.kind for event in shown] == ["progress", "text"]
    list(session.choose("1"))
    rows = session.store.list_messages(session.id)
    assert [row.role for row in rows] == ["user", "assistant", "user", "assistant"]
    assert rows[0].events == [{"kind": "user", "text": "hello there", "files": ["/x/a.png"]}]
    assert rows[1].events == [{"kind": "text", "text": "hello there"}]
    assert rows[2].events[0]["kind"] == "choice"
    assert session.store.get_conversation(session.id).title == "hello there"
    list(session.send("another"))
    assert session.store.get_conversation(session.id).title == "hello there"


def test_errors_are_events_and_the_conversation_goes_on(session: Session) -> None:
    assert merge_text(session.send("bad")) == "bad\n\nno"
    assert merge_text(session.send("bug")) == f"bug\n\n{BROKEN}"
    assert merge_text(session.send("fine")) == "fine"
    assert "secret" not in str([row.events for row in session.store.list_messages(session.id)])


def test_one_turn_at_a_time(session: Session) -> None:
    thread = threading.Thread(target=lambda: list(session.send("wait")))
    thread.start()
    time.sleep(0.3)
    assert merge_text(session.send("too early")) == BUSY
    thread.join()
    assert merge_text(session.send("now")) == "now"


def test_a_reader_that_goes_away_loses_nothing(session: Session) -> None:
    stream = session.send("hello")
    next(stream)
    next(stream)
    stream.close()  # type: ignore[attr-defined]
    assert session.store.list_messages(session.id)[-1].events == [{"kind": "text", "text": "hello"}]
    assert merge_text(session.send("again")) == "again"


def test_blueprints_lineups_and_choices_are_kept(tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path)
    store = Store(settings.store_url)
    session = Session(settings, "d" * 12, store=store, person="ada", open_conversation=fake_conversation())
    list(session.send("a scratch"))
    list(session.choose("1"))
    list(session.choose("tie"))
    list(session.choose("undo"))
    (head,) = store.list_blueprints(conversation_id=session.id)
    assert (head.defect_type, head.latest_version) == ("scratch", 1)
    choices = store.list_comparisons(conversation_id=session.id)
    assert [(row.choice, row.person, row.undone) for row in choices] == [("tie", "ada", True), ("1", "ada", False)]
    left = store.get_image(choices[-1].left_image_id)
    assert (left.kind, left.mask_hash is not None) == ("rendering", True)
    assert len(store.list_images()) == 4


def test_a_running_job_can_be_cancelled_from_another_thread(session: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    from agent.jobs import client

    asked: list[str] = []

    class Status:
        state = "cancelled"

    def cancel(job_id: str) -> Status:
        asked.append(job_id)
        return Status()

    monkeypatch.setattr(client, "cancel", cancel)
    assert not session.cancel()
    stream = session.send("hello")
    next(stream)
    assert session.cancel()
    list(stream)
    assert asked == ["j"]
    assert not session.cancel()
