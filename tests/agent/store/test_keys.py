"""API keys: hashed, scoped, revocable."""

from __future__ import annotations

import pytest

from agent.store.errors import ConflictError, NotFoundError
from agent.store.repository import Store


def test_a_key_opens_until_it_is_revoked(store: Store) -> None:
    row, key = store.create_key("line 3", ("read",))
    found = store.check_key(key)
    assert found is not None
    assert (found.name, found.scopes) == ("line 3", ["read"])
    store.touch_key(row.id)
    assert store.list_keys()[0].last_used_at is not None
    store.revoke_key(row.handle)
    assert store.check_key(key) is None


def test_the_key_itself_is_nowhere_in_the_database(store: Store) -> None:
    _, key = store.create_key("x")
    secret = key.split("_", 2)[2]
    assert secret not in store.list_keys()[0].model_dump_json()


@pytest.mark.parametrize("wrong", ["", "rr_", "rr_abc", "bearer", "rr_00000000_" + "x" * 43, "rr_" + "x" * 5000])
def test_wrong_keys_do_not_open(store: Store, wrong: str) -> None:
    _, key = store.create_key("x")
    assert store.check_key(wrong) is None
    assert store.check_key(key[:-1] + ("A" if key[-1] != "A" else "B")) is None


def test_scopes_and_handles_are_checked(store: Store) -> None:
    with pytest.raises(ConflictError, match="everything is not a scope"):
        store.create_key("x", ("everything",))
    with pytest.raises(NotFoundError, match="redrabbit keys list"):
        store.revoke_key("nothing")
