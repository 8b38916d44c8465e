"""What one request wants: the router's reading, corrected by the situation.

"wider" refines a Blueprint, but without one it describes a defect; "the second one" chooses in an open lineup, else it
goes back to the second defect.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from agent.models.offline.arguments import names_a_defect
from agent.models.offline.router import Routing, get_router
from agent.reading import read_choice, read_integers, read_opinion
from agent.reading.asks import asks_quality, asks_sure, asks_term, read_this_part, wants_restart, wants_training
from agent.reading.photos import names_worst, read_photo
from agent.report.questions import kind_of

Situation = Mapping[str, Any]
TALK = frozenset({"greeting", "thanks", "out_of_scope"})
BARE_NAME_WORDS = 3
"""A message of so few words that names a photo is about this photo: "and bolt_1?"."""
ABOUT_THE_DEFECT = frozenset({"describe", "refine"})
_GO_BACK = re.compile(r"\b(back to|return to|again the|zurück zu[mr]?|wieder (der|die|das|den))\b", re.I)
_ONE_OF_SEVERAL = re.compile(r"\b(one|first|last|erste|letzte)", re.I)
_AT_A_PLACE = re.compile(r"\s*(on|at|in|to|near|towards?|an|am|im|nach|links|rechts|oben|unten)\b", re.I)
_BARE_WHY = re.compile(
    r"\s*(why|how come|how so|warum|wieso|weshalb)( not| nicht| so| that| das| denn)?\s*[?!.]*\s*$", re.I
)
_ASKS_ABOUT = re.compile(
    r"\s*(?:and |but |so |then |und |aber |also |dann )*(why|how come|where|tell me|explain|"
    r"what(?:'s| is| was)? (?:wrong|the matter|the problem|bad|about)|is|was|"
    r"warum|wieso|weshalb|wo|was (?:ist|war|stimmt|hat)|erklär\w*|ist|war)\b",
    re.I,
)
_MATCH = re.compile(
    r"^(?!.*\b(?:detectors?|train\w*|detektor\w*|trainier\w*|scale|ma(?:ß|ss)stab)\b).*"
    r"(?:\b(?:match|calibrat\w*|tune|adjust|make)\b.{0,40}\b(?:like|to|on|with|from|match)?\s*"
    r"(?:these|those|my|the|our|real)\s+(?:\w+\s+){0,2}(?:photos|pictures|images|samples|defects|ones)\s*[.!]*$|"
    r"\b(?:pass\w*|kalibrier\w*|gleich\w*|stimm\w*)\b.{0,40}\b(?:diese[nr]?|meine[nr]?|die|den|echten?)\s+"
    r"(?:\w+\s+){0,2}(?:fotos?|bildern?|aufnahmen|fehlern?)\b.{0,10}$)",
    re.I,
)
_CORRECTION = re.compile(
    r"\s*(no\b|nope|sorry|actually|i mean|make it|change (it|that)|rather|not |it'?s |it should|should|"
    r"nein|ich mein|doch|eigentlich|mach|es soll|lieber|statt)",
    re.I,
)


@dataclass(frozen=True)
class Request:
    """One request of a message."""

    intent: str
    text: str
    confidence: float
    sure: bool
    ranked: tuple[tuple[str, float], ...] = ()


def read_request(text: str, situation: Situation, *, files: bool = False) -> Request:
    """The intent of one request.

    Args:
        text: the request's words.
        situation: see `agent.situation`.
        files: images came with the message.
    """
    routing = get_router().route(text)
    for rule in (
        _closed,
        _why,
        _about_the_report,
        _about_a_photo,
        _about_the_detector,
        _trains,
        _match_photos,
        _in_lineup,
        _without_lineup,
        _back,
        _with_files,
        _same_defect,
        _unsure_about_the_defect,
    ):
        found = rule(text, routing, situation, files)
        if found is not None:
            return Request(found[0], text, found[1], found[2], routing.ranked)
    return Request(routing.intent, text, routing.confidence, routing.sure, routing.ranked)


Found = tuple[str, float, bool] | None
Rule = Callable[[str, Routing, Situation, bool], Found]


def _closed(text: str, routing: Routing, situation: Situation, files: bool) -> Found:  # noqa: ARG001
    """Starting over, a word of ours, the part's name: said in few ways, and meant whatever else is going on."""
    if wants_restart(text):
        return "restart", 1.0, True
    if asks_term(text):
        return "help", 1.0, True
    return ("name_part", 1.0, True) if read_this_part(text) and not _parser_finds(text) else None


def _why(text: str, routing: Routing, situation: Situation, files: bool) -> Found:  # noqa: ARG001
    """A bare "why?" after an inspection asks about its verdict."""
    return ("verdict", 1.0, True) if _BARE_WHY.match(text) and situation.get("last_inspection") else None


def _about_the_report(text: str, routing: Routing, situation: Situation, files: bool) -> Found:  # noqa: ARG001
    """ "why is this a crack and not a scratch?" after an inspection asks about its report, not about cracks."""
    if files or not situation.get("last_inspection"):
        return None
    return ("explain", 1.0, True) if kind_of(text) else None


def _about_a_photo(text: str, routing: Routing, situation: Situation, files: bool) -> Found:
    """ "which one is the worst?" and "why is bolt_2 bad?" after an inspection ask about its photos."""
    inspection = situation.get("last_inspection")
    if files or not inspection or routing.intent == "report" or wants_training(text):
        return None
    why = _ASKS_ABOUT.match(text) is not None
    if names_worst(text) and not why:
        return "worst", 1.0, True
    named = read_photo(text, inspection.get("names") or [])
    short = len(text.split()) <= BARE_NAME_WORDS and routing.intent not in ("inspect", "add_photos", "render")
    said = why or read_opinion(text) is not None or short
    return ("verdict", 1.0, True) if said and named and (why or not _counts(text)) else None


def _counts(text: str) -> bool:
    """ "the second one" alone may choose something else than a photo; a name cannot."""
    return read_photo(text, ()) is not None


def _about_the_detector(text: str, routing: Routing, situation: Situation, files: bool) -> Found:  # noqa: ARG001
    """How good it is; "how sure are you?" is about the last verdict, where there is one."""
    if files:
        return None
    if asks_sure(text):
        return ("verdict" if situation.get("last_inspection") else "quality"), 1.0, True
    return ("quality", 1.0, True) if asks_quality(text) else None


def _trains(text: str, routing: Routing, situation: Situation, files: bool) -> Found:  # noqa: ARG001
    """ "train on 5 images" trains, though it counts images."""
    return ("fit", 1.0, True) if wants_training(text) else None


def _match_photos(text: str, routing: Routing, situation: Situation, files: bool) -> Found:  # noqa: ARG001
    """ "match these photos" tunes the look of the defect that there is."""
    return ("match", 1.0, True) if situation.get("blueprint") and _MATCH.search(text) else None


def _in_lineup(text: str, routing: Routing, situation: Situation, files: bool) -> Found:  # noqa: ARG001
    """A choice in an open lineup is a choice, whatever else it may sound like."""
    choice = read_choice(text) if situation.get("lineup_open") else None
    if choice is None:
        return None
    return ("accept" if choice.startswith("accept") else "undo" if choice == "undo" else "choose"), 1.0, True


def _without_lineup(text: str, routing: Routing, situation: Situation, files: bool) -> Found:  # noqa: ARG001
    """ "the third one" without a lineup goes back to the third defect."""
    if routing.intent != "choose" or situation.get("lineup_open"):
        return None
    if situation.get("blueprint") and _AT_A_PLACE.match(text) and _parser_places(text):
        return "refine", routing.confidence, True
    several = len(situation.get("defects") or []) > 1
    if several and (read_integers(text) or _ONE_OF_SEVERAL.search(text)):
        return "recall", routing.confidence, True
    return "choose", routing.confidence, routing.sure


def _back(text: str, routing: Routing, situation: Situation, files: bool) -> Found:  # noqa: ARG001
    back = _GO_BACK.search(text) and names_a_defect(text, situation)
    return ("recall", 1.0, True) if back else None


def _with_files(text: str, routing: Routing, situation: Situation, files: bool) -> Found:  # noqa: ARG001
    """Images make clear what their words alone leave open."""
    if files and routing.intent in ("verdict", "add_photos", "inspect"):
        return ("inspect" if routing.intent == "verdict" else routing.intent), max(routing.confidence, 0.6), True
    return None


def _same_defect(text: str, routing: Routing, situation: Situation, files: bool) -> Found:  # noqa: ARG001
    """A change needs something to change; "no, I meant a crack" changes what there is."""
    if routing.intent == "refine" and not situation.get("blueprint"):
        return "describe", routing.confidence, routing.sure or _parser_finds(text)
    if routing.intent == "describe" and situation.get("blueprint") and _CORRECTION.match(text):
        return "refine", routing.confidence, routing.sure
    return None


def _unsure_about_the_defect(text: str, routing: Routing, situation: Situation, files: bool) -> Found:  # noqa: ARG001
    """Unsure, but both readings are about the defect, or the parser finds one in it."""
    if routing.intent not in ABOUT_THE_DEFECT or routing.sure:
        return None
    second = routing.ranked[1][0]
    return routing.intent, routing.confidence, second in ABOUT_THE_DEFECT or _parser_finds(text)


def _parser_places(text: str) -> bool:
    from tools.blueprint.parser import parse

    return parse(text).blueprint.placement.zone is not None


def _parser_finds(text: str) -> bool:
    from tools.blueprint.parser import parse

    return parse(text).blueprint.defect_type is not None
