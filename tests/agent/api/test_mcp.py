"""Another agent uses our tools over MCP."""

from __future__ import annotations

from typing import Any

import pytest
from fastapi.testclient import TestClient

from agent.api.app import create_app
from agent.settings import Settings
from agent.store.repository import open_store

from .conftest import upload

HEADERS = {"accept": "application/json, text/event-stream"}


def rpc(api: TestClient, method: str, params: dict[str, Any], **headers: str) -> Any:
    body = {"jsonrpc": "2.0", "id": 1, "method": method, "params": params}
    return api.post("/mcp", json=body, headers={**HEADERS, **headers})


def call(api: TestClient, name: str, **arguments: Any) -> dict[str, Any]:
    answer = rpc(api, "tools/call", {"name": name, "arguments": arguments})
    assert answer.status_code == 200, answer.text
    result: dict[str, Any] = answer.json()["result"]
    return result


def test_the_same_tools_as_our_own_model(api: TestClient) -> None:
    from agent.toolbelt import TOOLS

    hello = {"protocolVersion": "2025-06-18", "capabilities": {}, "clientInfo": {"name": "t", "version": "1"}}
    assert rpc(api, "initialize", hello).json()["result"]["serverInfo"]["name"] == "red-rabbit"
    tools = rpc(api, "tools/list", {}).json()["result"]["tools"]
    assert {tool["name"] for tool in tools} == set(TOOLS)
    export = next(tool for tool in tools if tool["name"] == "export_dataset")
    assert {"count", "conversation_id", "attach", "approved"} <= set(export["inputSchema"]["properties"])


def test_a_piece_of_work(api: TestClient, settings: Settings) -> None:
    said = call(api, "describe_defect", text="a scratch on steel", conversation_id="agent-7")
    assert not said.get("isError")
    assert "scratch" in str(said["structuredContent"]["events"])
    photos = call(api, "add_photos", conversation_id="agent-7", attach=upload(api, 2))
    assert not photos.get("isError"), photos
    lineup = call(api, "export_dataset", count=1, conversation_id="agent-7")
    assert not lineup.get("isError"), lineup
    text = str(lineup["structuredContent"])
    assert str(settings.data_dir) not in text
    other = call(api, "export_dataset", count=1, conversation_id="agent-8")
    assert other["isError"]  # another conversation knows nothing of the defect
    wrong = call(api, "describe_defect", txet="typo", conversation_id="agent-7")
    assert "the arguments are" in wrong["content"][0]["text"]
    for bad in ({"conversation_id": "../x"}, {"attach": "x"}, {"attach": ["nothing"]}):
        assert call(api, "show_library", **bad)["isError"]


@pytest.mark.parametrize("scopes", [None, ("read",), ("write",)])
def test_keys(settings: Settings, scopes: tuple[str, ...] | None) -> None:
    outside = settings.model_copy(update={"host": "0.0.0.0"})
    store = open_store(settings)
    _, key = store.create_key("agent", scopes or ("read",))
    app = create_app(outside, page=False, work=False)
    with TestClient(app, base_url="http://plant.example") as api:
        headers = {"authorization": f"Bearer {key}"} if scopes else {}
        answer = rpc(api, "tools/list", {}, **headers)
        assert answer.status_code == {None: 401, ("read",): 403, ("write",): 200}[scopes]
