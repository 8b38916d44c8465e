"""The Blueprint in the conversation: describe, refine, show, compare, undo."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydantic import Field

from agent.state import DefectMemory
from agent.toolbelt.base import Arguments, Context, NoArguments, Outcome, ToolError, tool
from agent.toolbelt.facts import blueprint_facts, changes_in_words, fields_in_words
from agent.toolbelt.needs import need_blueprint, show_card
from agent.toolbelt.questions import next_question
from agent.wording import listing, say, summarise
from tools.blueprint.model import Blueprint
from tools.errors import BadInputError

if TYPE_CHECKING:
    from tools.blueprint.parser import Parsed

MEANINGFUL = ("defect_type", "material", "finish", "count", "severity")


class TextArguments(Arguments):
    """The user's words."""

    text: str = Field(min_length=1, description="what the user said about the defect, word for word")


@tool("describe_defect", TextArguments, gives="blueprint")
def describe_defect(context: Context, text: str) -> Outcome:
    """Start a NEW defect from the user's words (type, sizes, material, place, severity). Pass the words unchanged."""
    from tools.blueprint.hints import with_oxide, with_width_in_words

    parsed = _read(context, text)
    if not _says_something(parsed.blueprint):
        raise BadInputError(say("not_a_defect", context.language))
    blueprint = context.part.begin(with_oxide(with_width_in_words(parsed.blueprint, text), text))
    show_card(context, blueprint)
    facts = blueprint_facts(blueprint, context.language, parsed.warnings)
    return Outcome("blueprint_made", facts, next_question(context, parsed))


def _read(context: Context, text: str) -> Parsed:
    """With the chat model where one is set, else with the built-in parser."""
    if context.get_model is None:
        from tools.blueprint.parser import parse

        return parse(text)
    from agent.programs.parsing import read_with

    return read_with(context.get_model(), text, data_dir=context.settings.data_dir)


def _says_something(blueprint: Blueprint) -> bool:
    fields = [getattr(blueprint, name) for name in MEANINGFUL]
    return any(value is not None for value in [*fields, *blueprint.geometry.model_dump().values()])


@tool("refine_blueprint", TextArguments, gives="blueprint")
def refine_blueprint(context: Context, text: str) -> Outcome:
    """Change the current defect: "wider, and two of them", "5 mm", "on the left", "a crack, not a scratch"."""
    from tools.blueprint.hints import with_width_in_words
    from tools.blueprint.parser import refine

    before = need_blueprint(context)
    defect = context.part.defect
    assert defect is not None
    parsed = refine(before, text)
    same_width = parsed.blueprint.geometry.width_mm == before.geometry.width_mm
    changed = with_width_in_words(parsed.blueprint, text, replace=same_width)
    changes = changes_in_words(before, changed, context.language)
    if not changes:
        raise BadInputError(say("nothing_changed", context.language))
    blueprint = defect.add(changed)
    if defect.lineup is not None:
        defect.lineup.open = False
    show_card(context, blueprint)
    facts = blueprint_facts(blueprint, context.language, parsed.warnings) | {"changes": changes}
    return Outcome("blueprint_refined", facts, next_question(context, parsed))


@tool("show_blueprint", aside=True)
def show_blueprint(context: Context) -> Outcome:
    """Show the current Blueprint with every field and where it came from."""
    blueprint = need_blueprint(context)
    show_card(context, blueprint)
    facts = blueprint_facts(blueprint, context.language)
    return Outcome("blueprint_shown", {**facts, "fields": fields_in_words(blueprint, context.language)})


class CompareArguments(Arguments):
    """Two version numbers; by default the current one and the one before."""

    old: int | None = Field(default=None, ge=1)
    new: int | None = Field(default=None, ge=1)


@tool("compare_versions", CompareArguments, aside=True)
def compare_versions(context: Context, old: int | None, new: int | None) -> Outcome:
    """Say what differs between two versions of the Blueprint, or list all versions."""
    need_blueprint(context)
    defect = context.part.defect
    assert defect is not None
    language = context.language
    if len(defect.versions) == 1:
        return Outcome("only_one_version", {"summary": summarise(defect.blueprint, language)})
    second = _version(defect, new) if new else defect.blueprint
    parent = defect.parents[defect.cursor]
    first = _version(defect, old) if old else defect.versions[parent if parent is not None else -1]
    facts = {
        "old": first.version,
        "new": second.version,
        "changes": changes_in_words(first, second, language) or say("no_difference", language),
        "versions": "\n".join(f"- v{item.version}: {summarise(item, language)}" for item in defect.versions),
    }
    return Outcome("versions_compared", facts)


def _version(defect: DefectMemory, number: int) -> Blueprint:
    if not 1 <= number <= len(defect.versions):
        known = listing([str(blueprint.version) for blueprint in defect.versions])
        raise ToolError(f"there is no version {number} of this Blueprint; choose {known}")
    return defect.versions[number - 1]


class UndoArguments(Arguments):
    """Which version to go back to; by default the one before."""

    version: int | None = Field(default=None, ge=1)


@tool("undo", UndoArguments, gives="blueprint")
def undo(context: Context, version: int | None) -> Outcome:
    """Take the last change of the Blueprint back, or go back to a version by number."""
    part, defect = context.part, context.part.defect
    if defect is None:
        raise BadInputError(say("nothing_to_undo", context.language))
    if version is not None:
        _version(defect, version)
        defect.cursor = version - 1
    elif not defect.undo():
        if len(part.defects) < 2:
            raise BadInputError(say("nothing_to_undo", context.language))
        part.defects.remove(defect)
        part.index = -1
    blueprint = need_blueprint(context)
    if part.lineup is not None:
        part.lineup.open = False
    show_card(context, blueprint)
    return Outcome("undone", blueprint_facts(blueprint, context.language))


class RecallArguments(Arguments):
    """Which defect: its number in the list (1 is the oldest), or words from its description."""

    number: int | None = Field(default=None, ge=1)
    words: str | None = None


@tool("recall_defect", RecallArguments, gives="blueprint")
def recall_defect(context: Context, number: int | None, words: str | None) -> Outcome:
    """Go back to an earlier defect of this part: "the third one", "back to the crack"."""
    part = context.part
    if not part.defects:
        raise BadInputError(say("no_blueprint", context.language))
    index = number - 1 if number else _find(part.defects, words or "", context.language)
    if not 0 <= index < len(part.defects):
        listed = "; ".join(f"{i}: {summarise(d.blueprint, context.language)}" for i, d in enumerate(part.defects, 1))
        raise BadInputError(say("no_such_defect", context.language, defects=listed))
    part.index = index
    show_card(context, part.defects[index].blueprint)
    return Outcome("defect_recalled", blueprint_facts(part.defects[index].blueprint, context.language))


def _find(defects: list[DefectMemory], words: str, language: str) -> int:
    """The newest defect whose description shares most words with these; -1 where none does."""
    from tools.blueprint.parser import parse

    asked = set(words.lower().split())
    wanted = parse(words).blueprint.defect_type if words else None
    scores = [
        len(asked & set(f"{item.blueprint.text} {summarise(item.blueprint, language)}".lower().split()))
        + (5 if wanted and item.blueprint.defect_type == wanted else 0)
        for item in defects
    ]
    best = max(range(len(scores)), key=lambda index: (scores[index], index))
    return best if scores[best] > 0 else -1


@tool("forget_defect", NoArguments)
def forget_defect(context: Context) -> Outcome:
    """Drop the current defect and start with none."""
    part, defect = context.part, context.part.defect
    if defect is None:
        raise BadInputError(say("no_blueprint", context.language))
    part.defects.remove(defect)
    part.index = -1
    return Outcome("defect_forgotten")
