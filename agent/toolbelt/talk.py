"""Talk about the talk: help, the language, and asking the user what was meant."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from agent.state import DEFAULT_PART, Ask, PartMemory
from agent.toolbelt.base import Arguments, Context, Outcome, tool
from agent.wording import defect_label, say

Topic = Literal[
    "start", "defects", "photos", "datasets", "detectors", "reports", "next", "blueprint", "bundle", "lineup"
]


class HelpArguments(Arguments):
    """What the user wants to know."""

    topic: Topic = "start"


@tool("help", HelpArguments, aside=True)
def give_help(context: Context, topic: str) -> Outcome:
    """Say what is possible, which defect types there are, or what to do next."""
    from tools.blueprint.registry import DEFECT_TYPES

    language = context.language
    types = ", ".join(defect_label(name, language) for name in DEFECT_TYPES)
    return Outcome(f"help_{topic}", {"types": types, "next": next_step(context.part, language)})


def next_step(part: PartMemory, language: str) -> str:
    """The next sensible thing to do, in words."""
    steps = (
        ("next_describe", part.blueprint is None),
        ("next_photos", part.photos is None),
        ("next_choose", bool(part.lineup and part.lineup.open)),
        ("next_look", part.lineup is None),
        ("next_export", part.latest("dataset") is None),
        ("next_fit", part.latest("detector") is None),
        ("next_inspect", part.latest("inspection") is None),
        ("next_report", part.latest("report") is None),
    )
    return say(next((key for key, missing in steps if missing), "next_done"), language)


class LanguageArguments(Arguments):
    """Which language."""

    language: Literal["en", "de"]


@tool("set_language", LanguageArguments, aside=True)
def set_language(context: Context, language: str) -> Outcome:
    """Answer in this language from now on."""
    context.memory.language, context.memory.language_fixed = language, True
    return Outcome("language_set")


class AskArguments(Arguments):
    """A question to the user."""

    question: str = Field(min_length=3, max_length=500)
    options: list[str] = Field(default_factory=list, max_length=6)
    about: str = Field(default="", description="the message that is not clear, word for word")


@tool("start_over")
def start_over(context: Context) -> Outcome:
    """Begin anew with an empty part, where the user wants to start over; what there is stays, under its part's name."""
    memory = context.memory
    before = memory.current
    if not (before.defects or before.photos or before.made):
        return Outcome("started_afresh")
    taken, number = set(memory.parts), len(memory.parts) + 1
    while f"{DEFAULT_PART} {number}" in taken:
        number += 1
    memory.part = f"{DEFAULT_PART} {number}"
    memory.parts[memory.part] = PartMemory(name=memory.part)
    memory.attachments = []
    return Outcome("started_over", {"name": before.name})


@tool("ask_user", AskArguments)
def ask_user(context: Context, question: str, options: list[str], about: str) -> Outcome:
    """Ask the user ONE question when it is not clear what to do; offer likely answers."""
    field = "attachment" if context.memory.attachments and not about else "intent"
    return Outcome("asked", {"about": about}, Ask(kind="question", field=field, text=question, options=options))
