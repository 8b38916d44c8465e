"""Which question about a Blueprint is worth asking, one at a time, and what an answer to it means."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from pydantic import Field

from agent.state import Ask
from agent.toolbelt.base import Arguments, Context, Outcome, ToolError, tool
from agent.toolbelt.facts import blueprint_facts, changes_in_words
from agent.toolbelt.needs import show_card
from agent.wording import defect_label, field_label, number, say
from tools.blueprint.model import Blueprint
from tools.errors import BadInputError

if TYPE_CHECKING:
    from tools.blueprint.parser import Parsed

SIZES = ("length_mm", "width_mm", "depth_mm", "diameter_mm")
OFFERED_TYPES = ("scratch", "crack", "dent", "void", "stain", "corrosion", "chip")
_DECLINE = re.compile(
    r"\b(don'?t know|do not know|no idea|not sure|any(thing)?|whatever|you choose|you decide|up to you|doesn'?t matter|"
    r"does not matter|don'?t care|skip|default|unknown|random|surprise me|"
    r"egal|weiß (ich )?nicht|weiss (ich )?nicht|keine ahnung|such dir|entscheide|beliebig|überspring|unbekannt|"
    r"wie du (meinst|willst)|spielt keine rolle)\b",
    re.I,
)
_BARE_NUMBER = re.compile(r"^\D{0,12}\d+(?:[.,]\d+)?(?:\s*(?:-|–|to|bis|x)\s*\d+(?:[.,]\d+)?)?\s*[.!]?$")


def declines(text: str) -> bool:
    """True when the user leaves the answer to us."""
    return bool(_DECLINE.search(text))


def open_question(context: Context, blueprint: Blueprint) -> Ask | None:
    """The most important thing that is unknown and that the user did not leave to us; None where nothing is."""
    from tools.blueprint.registry import DEFECT_TYPES

    language, defect = context.language, context.part.defect
    declined = defect.declined if defect else []
    if blueprint.defect_type is None:
        options = [defect_label(name, language) for name in OFFERED_TYPES]
        return Ask(kind="question", field="defect_type", text=say("ask_type", language), options=options)
    kind = DEFECT_TYPES.get(blueprint.defect_type)
    sized = any(getattr(blueprint.geometry, name) is not None for name in SIZES)
    if kind is None or sized or "size" in declined:
        return None
    low, high = kind.defaults[kind.main_size].min, kind.defaults[kind.main_size].max
    values = [low * (high / low) ** share for share in (0.2, 0.5, 0.8)]
    options = [f"{number(_round(value), language)} mm" for value in values] + [say("option_you_choose", language)]
    what = field_label(kind.main_size, language)
    text = say(f"ask_{kind.main_size}", language, defect=defect_label(kind.name, language), what=what)
    return Ask(kind="question", field=f"geometry.{kind.main_size}", text=text, options=options)


def next_question(context: Context, parsed: Parsed) -> Ask | None:
    """What to ask after a reading: the parser's own first question, else what is unknown and matters."""
    defect = context.part.defect
    declined = defect.declined if defect else []
    for question in parsed.questions:
        if not question.field or ("size" in declined and question.field.startswith("geometry.")):
            continue
        options = list(question.options)
        if question.field.startswith("geometry.") and len(options) != 2:
            options.append(say("option_you_choose", context.language))
        return Ask(kind="question", field=question.field, text=question.text, options=options)
    return open_question(context, parsed.blueprint)


def _round(value: float) -> float:
    """One significant digit below 10, else whole."""
    return float(f"{value:.1g}") if value < 10 else float(round(value))


class AnswerArguments(Arguments):
    """What `answer_question` takes."""

    field: str = Field(description="the field that was asked about, such as geometry.length_mm")
    text: str = Field(description="the user's answer, word for word")


@tool("answer_question", AnswerArguments, gives="*")
def answer_question(context: Context, field: str, text: str) -> Outcome:
    """Put the user's answer to the open question into the Blueprint."""
    from tools.blueprint.parser import refine

    defect = context.part.defect
    if defect is None:
        raise ToolError("there is no Blueprint to complete; describe the defect first")
    language = context.language
    if declines(text) and field != "defect_type":
        defect.declined.append("size" if field.startswith("geometry.") else field)
        return Outcome("left_to_us", {"what": field_label(field, language)})
    before = defect.blueprint
    parsed = refine(before, _complete(text, field))
    changes = changes_in_words(before, parsed.blueprint, language)
    if not changes:
        raise BadInputError(say("answer_unclear", language, what=field_label(field, language)))
    blueprint = defect.add(parsed.blueprint)
    show_card(context, blueprint)
    facts = blueprint_facts(blueprint, language, parsed.warnings) | {"changes": changes}
    return Outcome("blueprint_refined", facts, next_question(context, parsed))


def _complete(text: str, field: str) -> str:
    """ "5" as an answer to "how long?" means "5 mm long"."""
    leaf = field.rsplit(".", 1)[-1]
    if not leaf.endswith("_mm"):
        return text
    name = leaf.removesuffix("_mm")
    plain = text.strip().rstrip(".!")
    if _BARE_NUMBER.match(plain):
        plain += " mm"
    return plain if name in plain else f"{name} {plain}"
