"""The graph itself: unusable calls, failing models, interrupts that survive the process, several talks at once."""

from __future__ import annotations

import json
import threading
from pathlib import Path
from typing import Any

import pytest
from langchain_core.messages import AIMessage, BaseMessage, ToolMessage
from langgraph.checkpoint.memory import InMemorySaver

from agent.conversation import Conversation
from agent.graph import MAX_ROUNDS, build_graph, graph
from agent.settings import Settings
from agent.toolbelt.work import InlineRunner
from tests.agent.scripted import ScriptedModel

DESCRIBE = {"name": "describe_defect", "args": {"text": "a 3 mm scratch on brass"}}


def talk(tmp_path: Path, script: dict[str, Any], name: str = "talk", saver: Any = None) -> Conversation:
    settings = Settings(data_dir=tmp_path, _env_file=None)
    model = ScriptedModel(script=script)
    return Conversation(settings, name, model=model, runner=InlineRunner(), checkpointer=saver or InMemorySaver())


def call(name: str, args: dict[str, Any], call_id: str = "c") -> AIMessage:
    return AIMessage("", tool_calls=[{"name": name, "args": args, "id": call_id, "type": "tool_call"}])


def answers(messages: list[BaseMessage]) -> list[dict[str, Any]]:
    return [json.loads(str(m.content)) for m in messages if isinstance(m, ToolMessage)]


@pytest.mark.parametrize(
    ("bad", "word"),
    [
        (call("describe_defcet", {"text": "x"}), "did you mean describe_defect"),
        (call("describe_defect", {"txt": "x"}), "text"),
        (call("export_dataset", {"count": "many"}), "count"),
        (call("choose_candidate", {"choice": "3"}), "choice"),
        (
            AIMessage(
                "",
                invalid_tool_calls=[
                    {"name": "describe_defect", "args": "{", "id": "c", "error": "bad", "type": "invalid_tool_call"}
                ],
            ),
            "not valid JSON",
        ),
    ],
)
def test_an_unusable_call_is_explained_and_may_be_repeated(tmp_path: Path, bad: AIMessage, word: str) -> None:
    def reply(messages: list[BaseMessage]) -> AIMessage:
        told = answers(messages)
        if not told:
            return bad
        if told[-1]["outcome"] == "unusable":
            assert word in told[-1]["error"]
            return call("describe_defect", {"text": "a 3 mm scratch on brass"}, "good")
        return AIMessage("Done.")

    events = list(talk(tmp_path, {"go": reply}).send("go"))
    assert [event.kind for event in events] == ["blueprint", "text"]


def test_unusable_calls_end_after_two_repetitions_and_the_talk_goes_on(tmp_path: Path) -> None:
    counted: list[int] = []

    def reply(messages: list[BaseMessage]) -> AIMessage:
        counted.append(1)
        return call("nonsense", {}, f"c{len(counted)}")

    conversation = talk(tmp_path, {"go": reply, "again": [("describe_defect", DESCRIBE["args"])]})
    events = list(conversation.send("go"))
    assert len(counted) == 3
    assert [event.kind for event in events] == ["error"]
    assert next(event.kind for event in conversation.send("again")) == "blueprint"


def test_a_model_that_never_ends_is_stopped(tmp_path: Path) -> None:
    counted: list[int] = []

    def reply(messages: list[BaseMessage]) -> AIMessage:
        counted.append(1)
        return call("help", {}, f"c{len(counted)}")

    events = list(talk(tmp_path, {"go": reply}).send("go"))
    assert len(counted) == MAX_ROUNDS
    assert events[-1].kind == "error"


@pytest.mark.parametrize("text", ["", "   "])
def test_a_silent_model_is_one_sentence(tmp_path: Path, text: str) -> None:
    events = list(talk(tmp_path, {"go": lambda messages: AIMessage(text)}).send("go"))
    assert [event.kind for event in events] == ["error"]


@pytest.mark.parametrize("error", [ConnectionError("refused"), TimeoutError("late"), ValueError("a\nb"), KeyError("x")])
def test_a_model_that_fails_is_one_sentence(tmp_path: Path, error: Exception) -> None:
    def fail(messages: list[BaseMessage]) -> AIMessage:
        raise error

    conversation = talk(tmp_path, {"go": fail})
    events = list(conversation.send("go"))
    assert [event.kind for event in events] == ["error"]
    assert "\n" not in events[0].text
    assert [event.kind for event in conversation.send("hello")] == ["text"]


@pytest.mark.parametrize(
    "text",
    [
        json.dumps({"name": "describe_defect", "arguments": DESCRIBE["args"]}),
        "```json\n" + json.dumps([{"name": "describe_defect", "parameters": DESCRIBE["args"]}]) + "\n```",
        "<tool_call>" + json.dumps({"name": "describe_defect", "arguments": json.dumps(DESCRIBE["args"])}),
    ],
)
def test_a_call_written_as_text_is_a_call(tmp_path: Path, text: str) -> None:
    def reply(messages: list[BaseMessage]) -> AIMessage:
        return AIMessage("Done.") if answers(messages) else AIMessage(text)

    assert [event.kind for event in talk(tmp_path, {"go": reply}).send("go")] == ["blueprint", "text"]


def test_json_in_prose_stays_prose(tmp_path: Path) -> None:
    text = 'Try {"name": "describe_defect", "arguments": {"text": "a scratch"}} yourself.'
    assert [event.kind for event in talk(tmp_path, {"go": lambda m: AIMessage(text)}).send("go")] == ["text"]


def test_a_failed_step_skips_the_rest(tmp_path: Path) -> None:
    script = {"go": [("refine_blueprint", {"text": "wider"}), ("help", {})]}
    conversation = talk(tmp_path, script)
    events = list(conversation.send("go"))
    assert [event.kind for event in events] == ["error", "text"]
    model: Any = conversation._services.model
    assert [answer["outcome"] for answer in answers(model.seen[-1])] == ["failed", "skipped"]


def test_a_question_survives_the_process(tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path, _env_file=None)
    first = Conversation(settings, "kept", runner=InlineRunner())
    list(first.send("a scratch on brass"))
    second = Conversation(settings, "kept", runner=InlineRunner())
    assert second.pending is not None
    assert second.pending.kind == "question"
    list(second.choose("4 mm"))
    assert second.blueprint is not None
    assert second.blueprint.geometry.length_mm is not None


def test_waiting_renders_nothing_twice(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from tools.generation.renderer import Renderer

    drawn: list[tuple[object, ...]] = []
    plain = Renderer.generate

    def counting(self: Renderer, blueprint, photo, seed):  # type: ignore[no-untyped-def]
        drawn.append((tuple(sorted(blueprint.style.items())), photo.shape, seed))
        return plain(self, blueprint, photo, seed)

    monkeypatch.setattr(Renderer, "generate", counting)
    script = {
        "go": [
            ("describe_defect", DESCRIBE["args"]),
            ("use_rendered_parts", {"kind": "brass", "count": 2}),
            ("show_lineup", {}),
        ]
    }
    conversation = talk(tmp_path, script)
    assert list(conversation.send("go"))[-1].kind == "lineup"
    before = len(drawn)
    assert conversation.pending is not None
    assert len(drawn) == before
    list(conversation.choose("1"))
    shown = len(list(tmp_path.glob("lineups/*/0?.png")))
    assert shown == 3
    # The photo is small, so a candidate that is shown was drawn once unseen in the same size.
    assert len(drawn) - len(set(drawn)) == shown


def test_several_talks_at_once(tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path, _env_file=None)
    talks = [Conversation(settings, f"talk-{i}", runner=InlineRunner()) for i in range(4)]
    threads = [
        threading.Thread(target=lambda c=c, i=i: list(c.send(f"a {i + 2} mm scratch on brass")))  # type: ignore[misc]
        for i, c in enumerate(talks)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    sizes = [talk.blueprint.geometry.length_mm.min for talk in talks]  # type: ignore[union-attr]
    assert sizes == [2.0, 3.0, 4.0, 5.0]


def test_the_exported_graph_has_no_checkpointer() -> None:
    exported = json.loads((Path(__file__).parents[2] / "langgraph.json").read_text())
    assert exported["graphs"] == {"agent": "./agent/graph.py:graph"}
    assert graph.checkpointer is None
    assert set(build_graph().get_graph().nodes) >= {"listen", "model", "tools", "ask"}


def test_the_state_that_is_kept_is_json(tmp_path: Path) -> None:
    conversation = talk(tmp_path, {"go": [("describe_defect", DESCRIBE["args"])]})
    list(conversation.send("go"))
    values = conversation._graph.get_state(conversation._config).values
    json.dumps({key: value for key, value in values.items() if key != "messages"})
