"""Talk about the talk: help, the language, and asking the user what was meant."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from agent.state import Ask, PartMemory
from agent.toolbelt.base import Arguments, Context, Outcome, tool
from agent.wording import defect_label, say


class HelpArguments(Arguments):
    """What the user wants to know."""

    topic: Literal["start", "defects", "photos", "datasets", "detectors", "reports", "next"] = "start"


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


@tool("ask_user", AskArguments)
def ask_user(context: Context, question: str, options: list[str], about: str) -> Outcome:
    """Ask the user ONE question when it is not clear what to do; offer likely answers."""
    field = "attachment" if context.memory.attachments and not about else "intent"
    return Outcome("asked", {"about": about}, Ask(kind="question", field=field, text=question, options=options))
