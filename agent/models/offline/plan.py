"""From a message to tool calls: split it into requests, find what each wants, fill the arguments."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from agent.models.offline.arguments import Words, arguments_for
from agent.models.offline.context import ABOUT_THE_DEFECT, TALK, Request, Situation, read_request
from agent.reading import read_yes_no

_STRONG = re.compile(
    r"(?:[.;!?]\s+|,?\s+(?:and then|then|afterwards|after that|and after that|und dann|danach|anschließend|und danach|"
    r"dann)\s+|,?\s+(?:and|und)\s+(?=(?:what|why|how|which|where|was|warum|wieso|wie|welche\w*|woher|wodurch)\b)|\n+)",
    re.I,
)
_WEAK = re.compile(r"(?:,\s*(?:and|und)\s+|\s+(?:and|und)\s+|,\s+)", re.I)
_BARE_SIZE = re.compile(
    r"\W*(?:about|around|ca\.?|etwa|roughly|some)?\s*[\d.,/]+(?:\s*(?:-|to|bis|x|by)\s*[\d.,/]+)?\s*"
    r"(?:mm|cm|µm|um|microns?|inch(?:es)?|in|px)\W*",
    re.I,
)
"""A size and nothing else: it belongs to what stands before it."""
_SUBORDINATE = re.compile(r"(?:so that|that|in order|if|when|before|because|damit|dass|wenn|bevor|weil|um)\b", re.I)
"""Begins a clause that goes on about what stands before it."""
SURE_TO_SPLIT = 0.75
HARDLY_ANYTHING = 0.3
"""Below this the likeliest intents are not worth offering."""
WORTH_OFFERING = 0.08
MAY_STAND_ALONE = frozenset(
    {"export", "fit", "inspect", "report", "render", "undo", "show", "rendered_parts", "set_scale", "list", "diff"}
)


@dataclass(frozen=True)
class Plan:
    """What to do with a message: calls in order, or a template to say; `unsure` holds what it might have meant."""

    calls: tuple[dict[str, Any], ...] = ()
    say: str = ""
    unsure: tuple[str, ...] = ()


def make_plan(text: str, situation: Situation, *, files: bool = False, intent: str | None = None) -> Plan:
    """Plan a message.

    Args:
        text: what the user said.
        situation: see `agent.situation`.
        files: images came with it.
        intent: already known, because the user was asked.
    """
    if not text.strip():
        return _attachments_only(situation) if files else Plan(say="empty_message")
    if not intent and not files and read_yes_no(text) is not None and len(text.split()) < 3:
        return Plan(say="accepted_nothing")
    requests = [Request(intent, text, 1.0, True)] if intent else split_requests(text, situation, files=files)
    if len(requests) == 1 and not requests[0].sure:
        return _ask_back(requests[0], situation, files)
    calls: list[dict[str, Any]] = []
    for request in requests:
        if request.intent not in TALK:
            calls += arguments_for(request.intent, Words(request.text, situation, files))
    if files and not any(call["name"] in ("add_photos", "inspect_images") for call in calls):
        calls = [*_attachments_only(situation).calls, *calls]
    if calls:
        return Plan(tuple(calls))
    spoken = [request.intent for request in requests if request.intent in TALK]
    return Plan(say=spoken[0] if spoken else "not_understood")


def split_requests(text: str, situation: Situation, *, files: bool = False) -> list[Request]:
    """The requests of a message in order; neighbours about the same thing are joined."""
    whole = read_request(text, situation, files=files)
    pieces = [piece.strip(" ,") for piece in _STRONG.split(text) if piece and piece.strip(" ,.!?;")]
    if len(pieces) < 2:
        pieces = _weak_pieces(text, situation, files)
    if len(pieces) < 2:
        return [whole]
    read = [read_request(piece, situation, files=files) for piece in pieces]
    kept = [request for request in read if request.intent not in TALK]
    if not kept:
        return [whole]
    joined = _join(kept)
    if len(joined) > 1 or whole.intent == joined[0].intent:
        return joined if len(joined) > 1 else [whole]
    only = joined[0]
    return [
        Request(only.intent, text if len(kept) == len(read) else only.text, only.confidence, only.sure, only.ranked)
    ]


def _join(requests: Sequence[Request]) -> list[Request]:
    """Pieces that go on about the same thing, and pieces that nobody understands, belong to the one before."""
    joined: list[Request] = []
    for request in requests:
        last = joined[-1] if joined else None
        if last is not None and (_belongs(last, request) or not request.sure):
            joined[-1] = Request(last.intent, f"{last.text}, {request.text}", last.confidence, last.sure, last.ranked)
        else:
            joined.append(request)
    return joined


def _belongs(first: Request, second: Request) -> bool:
    if first.intent == second.intent:
        return first.intent not in ("inspect", "undo")
    return first.intent in ABOUT_THE_DEFECT and second.intent in ABOUT_THE_DEFECT


def _weak_pieces(text: str, situation: Situation, files: bool) -> list[str]:
    """Split at "and" or a comma only where both sides are clearly different requests."""
    for match in _WEAK.finditer(text):
        left, right = text[: match.start()].strip(), text[match.end() :].strip()
        if not left or not right or _BARE_SIZE.fullmatch(right) or _SUBORDINATE.match(right):
            continue
        first, second = (read_request(piece, situation, files=files) for piece in (left, right))
        clear = first.confidence >= SURE_TO_SPLIT and second.confidence >= SURE_TO_SPLIT
        useful = second.intent in MAY_STAND_ALONE and first.intent not in TALK
        if clear and useful and first.intent != second.intent and not _belongs(first, second):
            return [left, *_weak_pieces(right, situation, files)]
    return [text]


def _attachments_only(situation: Situation) -> Plan:
    """Images without words: good photos where there are none yet, a single one to inspect where there is a detector."""
    count = int(situation.get("attachment_count") or 0)
    photos = situation.get("photos")
    if not photos or (photos.get("source") == "rendered" and count > 1):
        return Plan(({"name": "add_photos", "args": {}},))
    if count == 1 and situation.get("detectors"):
        return Plan(({"name": "inspect_images", "args": {}},))
    return Plan(unsure=("attachment",))


def _ask_back(request: Request, situation: Situation, files: bool) -> Plan:
    """Unsure: the likeliest readings as options; smalltalk and nonsense are answered at once."""
    if files:
        return _attachments_only(situation)
    if request.intent in TALK and request.ranked[1][1] < 0.15:
        return Plan(say=request.intent)
    if request.confidence < HARDLY_ANYTHING:
        return Plan(say="not_understood")
    likely = [name for name, chance in request.ranked[:3] if chance >= WORTH_OFFERING and name not in TALK]
    return Plan(unsure=tuple(likely)) if likely else Plan(say="not_understood")


def intents_of(plan: Plan) -> list[str]:
    """The tools that a plan calls, in order."""
    return [call["name"] for call in plan.calls]
