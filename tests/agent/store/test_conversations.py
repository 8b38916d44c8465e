"""Conversations and their messages."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from agent.store.errors import NotFoundError
from agent.store.repository import Store


def test_what_was_said_comes_back_in_order(store: Store) -> None:
    chat = store.save_conversation(conversation_id="c1", person="ada", title="scratches")
    store.save_message(chat.id, "user", [{"kind": "text", "text": "a scratch"}])
    store.save_message(chat.id, "assistant", [{"kind": "text", "text": "how long?"}])
    assert [(row.position, row.role) for row in store.list_messages("c1")] == [(0, "user"), (1, "assistant")]
    assert [row.role for row in store.list_messages("c1", limit=1)] == ["assistant"]
    assert store.save_conversation(conversation_id="c1", title="voids").person == "ada"
    assert [row.title for row in store.list_conversations(person="ada")] == ["voids"]


def test_two_writers_of_one_conversation_keep_their_order(store: Store) -> None:
    chat = store.save_conversation().id
    with ThreadPoolExecutor(6) as pool:
        list(pool.map(lambda n: store.save_message(chat, "user", [{"n": n}]), range(18)))
    rows = store.list_messages(chat)
    assert [row.position for row in rows] == list(range(18))
    assert sorted(row.events[0]["n"] for row in rows) == list(range(18))


def test_a_deleted_conversation_takes_its_messages_along(store: Store) -> None:
    chat = store.save_conversation().id
    store.save_message(chat, "user", [])
    store.delete_conversation(chat)
    assert store.list_messages(chat) == []
    with pytest.raises(NotFoundError):
        store.save_message(chat, "user", [])
