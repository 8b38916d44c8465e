"""The conversation as one LangGraph graph, whichever chat model speaks.

listen → model → tools → … → model → end, and `ask` wherever a person must answer: it interrupts, and whatever comes
back goes on as a tool call (a choice, an answer, a yes) or as a new message. Tools change the memory; `ask` changes
nothing before its interrupt, because an interrupted node runs again from its start.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal

from langchain_core.messages import AIMessage, AnyMessage, HumanMessage
from langgraph.checkpoint.base import BaseCheckpointSaver
from langgraph.graph import START, StateGraph
from langgraph.graph.state import CompiledStateGraph
from langgraph.runtime import Runtime
from langgraph.types import Command, interrupt

from agent.answers import resolve
from agent.events import ErrorEvent, Event, TextEvent
from agent.language import detect_language
from agent.models.registry import OFFLINE
from agent.services import Services
from agent.speaker import Said, speak
from agent.state import AgentState, Ask, Call, Memory, read_memory, read_pending
from agent.toolbelt import Context, Done, run_call
from agent.transcript import called_by_graph, done_texts, graph_calls, open_calls, unusable_rounds
from agent.wording import say

MAX_FAULTS = 2
"""How often a model may repeat unusable tool calls in one turn."""
MAX_ROUNDS = 8
"""Model calls in one turn: a model that goes on calling tools is stopped here."""
MAX_REMINDERS = 2
"""How often an open question is put again after the user talked of something else."""
RECURSION_LIMIT = 120

Node = Literal["model", "tools", "ask", "__end__"]


@lru_cache(maxsize=1)
def _default_services() -> Services:
    """For LangGraph Studio, which passes no context."""
    return Services()


def _services(runtime: Runtime[Services]) -> Services:
    return runtime.context or _default_services()


def _emit(runtime: Runtime[Services], event: Event) -> None:
    runtime.stream_writer(event.model_dump(mode="json"))


def listen(state: AgentState) -> dict[str, Any]:
    """A message came in: note its language and attachments, and start counting anew."""
    memory = _hear(read_memory(state), str(state["messages"][-1].text), state.get("files") or [])
    fresh = {"files": [], "rounds": 0, "approved": False, "pending": None, "postponed": []}
    return {"memory": memory.model_dump(mode="json"), **fresh}


def _hear(memory: Memory, text: str, files: Sequence[str]) -> Memory:
    if not memory.language_fixed:
        memory.language = detect_language(text, memory.language)
    if files:
        memory.attachments = [Path(name) for name in files]
    return memory


def model(state: AgentState, runtime: Runtime[Services]) -> Command[Node]:
    """Let the chat model speak: call tools, or say something to the user."""
    rounds = state.get("rounds", 0) + 1
    if unusable_rounds(state["messages"]) > MAX_FAULTS:
        said = Said(AIMessage(say("model_faulty", read_memory(state).language)), failed=True)
    else:
        said = speak(_services(runtime), state, may_call=rounds < MAX_ROUNDS)
    update: dict[str, Any] = {"messages": [said.message], "rounds": rounds}
    if said.message.tool_calls or said.message.invalid_tool_calls:
        return Command(goto="tools", update=update)
    if said.message.text.strip():
        _emit(runtime, (ErrorEvent if said.failed else TextEvent)(text=said.message.text))
    return Command(goto="ask" if state.get("pending") else "__end__", update=update)


def tools(state: AgentState, runtime: Runtime[Services]) -> Command[Node]:
    """Carry out the next call that has no answer yet."""
    call, *rest = open_calls(state["messages"])
    services, memory = _services(runtime), read_memory(state)
    context = Context(
        settings=services.settings,
        memory=memory,
        conversation_id=services.conversation_id,
        emit=lambda event: _emit(runtime, event),
        approved=state.get("approved", False),
        get_runner=services.get_runner,
        get_model=None if services.settings.model == OFFLINE else services.get_model,
    )
    done = run_call(context, call)
    if done.failed:  # nothing half-done stays; the job that ran is remembered
        memory = read_memory(state).model_copy(update={"jobs": memory.jobs})
    update: dict[str, Any] = {
        "memory": memory.model_dump(mode="json"),
        "messages": [done.message],
        "approved": False,
    }
    if done.unusable:
        return Command(goto="tools" if rest else "model", update=update)
    if done.failed:
        _emit(runtime, ErrorEvent(text=done.text))
        update["messages"] += [done.skip(other, "not done, because a step before it failed") for other in rest]
        return Command(goto="model", update={**update, "pending": None, "postponed": []})
    if done.ask is not None:
        return _pause(state, runtime, update, done, call, rest)
    return _go_on(state, update, done, rest)


def _pause(
    state: AgentState,
    runtime: Runtime[Services],
    update: dict[str, Any],
    done: Done,
    call: dict[str, Any],
    rest: list[dict[str, Any]],
) -> Command[Node]:
    """A tool asks the user: what comes after it waits for the answer, and so does the call itself if it says so."""
    assert done.ask is not None
    waiting = ([call] if done.ask.repeat else []) + rest
    later: list[Call] = [{"name": other["name"], "args": other["args"]} for other in waiting if "args" in other]
    update["messages"] += [done.skip(other, "waits for the user's answer") for other in rest]
    update |= {"pending": done.ask.model_dump(mode="json"), "postponed": later + (state.get("postponed") or [])}
    if not waiting and not called_by_graph(state["messages"]):
        return Command(goto="model", update=update)
    text = "\n\n".join(done_texts([*state["messages"], *update["messages"]]))
    if text:
        _emit(runtime, TextEvent(text=text))
        update["messages"] = [*update["messages"], AIMessage(text)]
    return Command(goto="ask", update=update)


def _go_on(state: AgentState, update: dict[str, Any], done: Done, rest: list[dict[str, Any]]) -> Command[Node]:
    """A call is done: close the question it answers, then the next call, what was postponed, or the model's words."""
    asked, postponed = read_pending(state), state.get("postponed") or []
    if asked is not None and not done.aside:
        answered = done.answers(asked)
        update["pending"], asked = None, None
        postponed = postponed if answered else []
        update["postponed"] = postponed
    if rest:
        return Command(goto="tools", update=update)
    if postponed and asked is None:
        update["messages"] = [*update["messages"], graph_calls(postponed)]
        return Command(goto="tools", update={**update, "postponed": []})
    return Command(goto="model", update=update)


def ask(state: AgentState, runtime: Runtime[Services]) -> Command[Node]:
    """Wait for the user; turn the answer into calls, or take it as a new message."""
    answer: dict[str, Any] = interrupt(state["pending"])
    asked = read_pending(state)
    assert asked is not None
    text, files = str(answer.get("text", "")), [str(name) for name in answer.get("files") or []]
    memory = _hear(read_memory(state), text, files)
    found = resolve(asked, text, memory, bool(files))
    text = found.text or text
    said: list[AnyMessage] = [HumanMessage(text, additional_kwargs={"files": files})]
    update: dict[str, Any] = {"memory": memory.model_dump(mode="json"), "rounds": 0, "messages": said}
    if found.kind == "other":
        return Command(goto="model", update={**update, **_remind(asked)})
    if found.kind == "refused":
        words = say("not_done", memory.language)
        _emit(runtime, TextEvent(text=words))
        said.append(AIMessage(words))
        return Command(goto="__end__", update={**update, "pending": None, "postponed": []})
    calls: list[Call] = list(found.calls)
    if found.kind == "approved":
        calls = state.get("postponed") or []
        update |= {"pending": None, "postponed": [], "approved": True}
    said.append(graph_calls(calls))
    return Command(goto="tools", update=update)


def _remind(asked: Ask) -> dict[str, Any]:
    """The question stays open for a while; then it is dropped with what waited for it."""
    if asked.reminders >= MAX_REMINDERS:
        return {"pending": None, "postponed": []}
    return {"pending": asked.model_copy(update={"reminders": asked.reminders + 1}).model_dump(mode="json")}


def build_graph(
    checkpointer: BaseCheckpointSaver[Any] | None = None,
) -> CompiledStateGraph[AgentState, Services, AgentState, AgentState]:
    """The graph; a checkpointer makes it remember and wait."""
    builder = StateGraph(AgentState, context_schema=Services)
    builder.add_node("listen", listen)
    builder.add_node("model", model)
    builder.add_node("tools", tools)
    builder.add_node("ask", ask)
    builder.add_edge(START, "listen")
    builder.add_edge("listen", "model")
    return builder.compile(checkpointer=checkpointer, name="red_rabbit")


graph = build_graph()
"""For LangGraph Studio (`langgraph.json`), which brings its own checkpointer."""
