"""What the user's reply to an open question means, before any model is asked.

A clear answer becomes tool calls; anything else is a new message, which the model takes up.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from agent.reading import read_choice, read_integers, read_scale, read_yes_no
from agent.reading.reason import read_back, read_reason
from agent.state import Ask, Call, Memory
from agent.toolbelt.questions import declines

MAX_ANSWER_WORDS = 12
_SIZE = re.compile(
    r"\d\s*(mm|cm|µm|um|microns?|mikrometer|inch(es)?|in\b|\"|zoll|millimet|centimet|zentimet)|"
    r"\b(half|quarter|halbe[rn]?) an? ",
    re.I,
)
_BLUEPRINT_FIELDS = ("geometry.", "count", "material", "severity", "placement", "finish", "appearance")
_GOOD_PARTS = re.compile(r"\b(good|gute?n?|reference|gutteile?)\b", re.I)
_TO_INSPECT = re.compile(r"\b(inspect|check|judge|prüf\w*|bad)\b", re.I)
_SAYS_OF_WHAT = re.compile(r"px|pixel|wide|tall|width|height|show|breit|hoch|zeigt", re.I)
_BARE = re.compile(r"^\D{0,16}\d+(?:[.,]\d+)?(?:\s*(?:-|–|to|bis|x|or|oder)\s*\d+(?:[.,]\d+)?)?\D{0,4}$")
_RENDERED = re.compile(
    r"\b(render|draw|simulat|synthetic|artificial|invent|make (some|them)|no photos?|don'?t have|have none|you do|"
    r"render\w*|zeichne|künstlich|synthetisch|keine fotos|keine bilder|habe keine|erfinde)\w*",
    re.I,
)
_DESCRIBES = re.compile(r"\s*(an?|another|two|three|eine?n?|zwei|drei)\s+\S+\s+\S+\s+\S+", re.I)
_COMMAND = re.compile(
    r"\b(make|export|generate|train|fit|inspect|check|report|undo|show|help|cancel|stop|switch|mach|erzeuge|trainiere|prüfe|"
    r"bericht|zeig|hilfe|abbrechen|wechsle)\b",
    re.I,
)


@dataclass(frozen=True)
class Resolution:
    """`calls` to make for an answer; `other` where it is none. `text` replaces the number of an option."""

    kind: Literal["calls", "approved", "refused", "other"]
    calls: tuple[Call, ...] = ()
    text: str = ""


OTHER = Resolution("other")


def resolve(asked: Ask, text: str, memory: Memory, files: bool = False) -> Resolution:
    """What a reply means.

    Args:
        asked: the open question.
        text: the reply.
        memory: as it is now.
        files: images came with the reply.
    """
    plain = text.strip()
    if asked.kind == "approval":
        answer = read_yes_no(plain)
        return OTHER if answer is None else Resolution("approved" if answer else "refused")
    if asked.kind == "lineup":
        return OTHER if files else _lineup(plain, memory)
    option = _option(asked, plain)
    if option is None and asked.repeat and read_yes_no(plain) is False:
        return Resolution("refused")
    found = _question(asked, option or plain, files, exact=option is not None)
    if found.kind == "other" and option is not None:
        return Resolution("other", text=option)
    return found if option is None else Resolution(found.kind, found.calls, option)


def _lineup(text: str, memory: Memory) -> Resolution:
    choice = read_choice(text)
    if choice is None:
        return _reason_or_back(text)
    if choice.startswith("accept"):
        side = choice.removeprefix("accept").strip()
        return _call("accept_look", {"choice": side} if side else {})
    lineup = memory.current.lineup
    if choice == "undo" and not (lineup and lineup.answers):
        return _call("undo", {})
    return _call("choose_candidate", {"choice": choice})


def _reason_or_back(text: str) -> Resolution:
    """What is wrong with a look, or the way back to an earlier one."""
    number, found = read_back(text), read_reason(text)
    if number is not None:
        return _call("revisit_candidate", {"number": number})
    if found is None:
        return OTHER
    choice, reason = found
    if choice is None:
        return _call("give_reason", {"reason": reason})
    return _call("choose_candidate", {"choice": choice, "reason": reason})


def _option(asked: Ask, text: str) -> str | None:
    """The option that a reply names by its number, its letter or its words."""
    if not asked.options:
        return None
    lower = text.lower().strip(" .!)")
    for option in asked.options:
        if lower == option.lower():
            return option
    number = read_integers(lower)
    if re.fullmatch(r"(?:option |nummer |number |#)?\d", lower) and number and _numbered(asked):
        return asked.options[number[0] - 1] if 1 <= number[0] <= len(asked.options) else None
    return None


def _numbered(asked: Ask) -> bool:
    """A bare number names an option, except where it would be a size: two sizes to choose between are numbered."""
    return not asked.field.startswith("geometry.") or len(asked.options) == 2


def _question(asked: Ask, text: str, files: bool, *, exact: bool) -> Resolution:
    if asked.field in ("photos", "attachment"):
        return _about_images(asked.field, text, files)
    if files:
        return OTHER
    if asked.field == "scale":
        return _scale(text)
    about_the_defect = asked.field == "defect_type" or asked.field.startswith(_BLUEPRINT_FIELDS)
    return _blueprint_answer(asked, text, exact=exact) if about_the_defect else OTHER


def _about_images(field: str, text: str, files: bool) -> Resolution:
    """Where the photos come from, or what attached pictures show."""
    if field == "photos" and files:
        return _call("add_photos", {})
    if field == "photos":
        return _call("use_rendered_parts", {}) if _RENDERED.search(text) else OTHER
    if _GOOD_PARTS.search(text):
        return _call("add_photos", {})
    return _call("inspect_images", {}) if _TO_INSPECT.search(text) else OTHER


def _scale(text: str) -> Resolution:
    if declines(text):
        return _call("set_scale", {"unknown": True})
    scale = read_scale(text if _SAYS_OF_WHAT.search(text) else f"{text} per px")
    return _call("set_scale", dict(scale)) if scale else _bare_scale(text)


def _bare_scale(text: str) -> Resolution:
    number = re.fullmatch(r"\D{0,8}(\d+[.,]\d+)\D{0,4}", text)
    return _call("set_scale", {"mm_per_px": float(number[1].replace(",", "."))}) if number else OTHER


def _blueprint_answer(asked: Ask, text: str, *, exact: bool) -> Resolution:
    words = text.split()
    call = _call("answer_question", {"field": asked.field, "text": text})
    if exact or (declines(text) and len(words) <= MAX_ANSWER_WORDS):
        return call
    if len(words) > MAX_ANSWER_WORDS or text.rstrip().endswith("?") or _COMMAND.search(text):
        return OTHER
    names_one = _names_a_defect(text)
    if asked.field == "defect_type":
        return call if names_one else OTHER
    if names_one and _DESCRIBES.match(text):
        return OTHER  # a description of its own, not the answer
    if asked.field.startswith("geometry."):
        return call if _SIZE.search(text) or _BARE.match(text) else OTHER
    return call


def _names_a_defect(text: str) -> bool:
    from tools.blueprint.parser import parse

    return parse(text).blueprint.defect_type is not None


def _call(name: str, arguments: dict[str, object]) -> Resolution:
    return Resolution("calls", ({"name": name, "args": arguments},))
