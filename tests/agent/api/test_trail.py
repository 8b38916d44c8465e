"""The audit trail names whose key, or which user, made each change, and what came of it."""

from __future__ import annotations

import getpass

import pytest
from fastapi.testclient import TestClient

from agent.api.app import create_app
from agent.cli.main import main
from agent.settings import Settings, get_settings
from agent.store.repository import open_store


def test_each_change_names_its_key(settings: Settings) -> None:
    store = open_store(settings)
    writer, opens = store.create_key("line 3", ("read", "write"))
    twin, twin_opens = store.create_key("line 3", ("read", "write"))
    reader, looks = store.create_key("x" * 200, ("read",))
    app = create_app(settings.model_copy(update={"host": "0.0.0.0"}), page=False, work=False)
    with TestClient(app, base_url="http://plant.example") as api:
        made = api.post("/v1/conversations", json={"title": "t"}, headers={"x-api-key": opens})
        chat = f"/v1/conversations/{made.json()['id']}"
        api.delete(chat, headers={"x-api-key": twin_opens})
        api.get("/v1/conversations", headers={"x-api-key": opens})
        api.post("/v1/conversations", json={}, headers={"x-api-key": looks})
        api.post("/v1/conversations", json={}, headers={"x-api-key": "rr_00000000_guessed"})
        api.post("/v1/conversations", json={})
        api.post("/mcp", json={}, headers={"x-api-key": opens})
    lines = [(row.actor, row.action, row.subject, row.status) for row in store.list_audit()][::-1]
    assert lines[:5] == [
        (f"line 3 ({writer.handle})", "POST", "/v1/conversations", 201),
        (f"line 3 ({twin.handle})", "DELETE", chat, 204),
        (f"{'x' * 80} ({reader.handle})", "POST", "/v1/conversations", 403),
        ("", "POST", "/v1/conversations", 401),
        ("", "POST", "/v1/conversations", 401),
    ]
    assert lines[5][:3] == (f"line 3 ({writer.handle})", "POST", "/mcp")
    assert len(lines) == 6
    shown = str([row.model_dump() for row in store.list_audit()])
    assert opens not in shown
    assert "guessed" not in shown


def test_without_keys_it_is_somebody_here(api: TestClient, settings: Settings) -> None:
    api.post("/v1/conversations", json={"title": "t"})
    (row,) = open_store(settings).list_audit()
    assert (row.actor, row.client) == ("local", "testclient")


def test_keys_made_and_revoked_in_the_terminal(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("REDRABBIT_DATA_DIR", str(settings.data_dir))
    if settings.database_url:
        monkeypatch.setenv("REDRABBIT_DATABASE_URL", settings.database_url)
    get_settings.cache_clear()
    try:
        assert main(["keys", "create", "line 3"]) == 0
        key = capsys.readouterr().out.strip()
        handle = key.split("_")[1]
        assert main(["keys", "revoke", handle]) == 0
        assert main(["keys", "revoke", "nothing"]) == 2
    finally:
        get_settings.cache_clear()
    lines = [(row.actor, row.action, row.subject) for row in open_store(settings).list_audit()][::-1]
    who = f"terminal: {getpass.getuser()}"
    assert lines == [(who, action, f"keys/{handle} (line 3)") for action in ("CREATE", "REVOKE")]
    assert key.split("_", 2)[2] not in str(lines)
