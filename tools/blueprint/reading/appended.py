"""Sizes that stand after a noun, with or without a comma: the part's own, or the defect's.

An appended size ("crack in the weld, 12 mm") is the defect's as long as the defect has none; what stands after a part
that opens the text ("copper pipe dia 22 mm") is the part's.
"""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum

from tools.blueprint.reading.dimensions import Quantity
from tools.blueprint.reading.document import Document, Match
from tools.blueprint.reading.mentions import Topic
from tools.blueprint.reading.phrases import determiner_before, preposition_before, previous_noun

_BEFORE_A_THING = ("material", "finish", "adjective", "colour", "determiners", "size_hint")
NO_DIAMETER = frozenset({"scratch", "crack"})
"""A diameter that stands after a part is never that of a line."""


class Owner(StrEnum):
    """Whose size a quantity is."""

    DEFECT = "defect"
    LIKELY_DEFECT = "likely_defect"
    """The defect's, unless it has this size already."""
    OTHER = "other"
    DISTANCE = "distance"


def names_topic(match: Match, topic: Topic) -> bool:
    """Whether a noun is the defect that the text is about."""
    return match.category == "defect" and topic.is_topic(match)


def appended(
    document: Document, group: Sequence[Quantity], left: int, link: str, topic: Topic
) -> tuple[Owner, Match | None]:
    """A size after a noun, with or without a comma, or alone."""
    noun = previous_noun(document, left)
    if noun is None or link == "start":
        unknown = link == "," and _opens_with_unknown(document, left, topic)
        return (Owner.OTHER if unknown else Owner.LIKELY_DEFECT), None
    if names_topic(noun, topic):
        return Owner.DEFECT, noun
    if noun.category == "defect":
        return Owner.OTHER, noun
    if link in ("(", "with") and not _only_a_defect_has(group):
        return Owner.OTHER, noun
    if any(q.dimension == "thickness" for q in group) and noun.category in ("part", "material"):
        return Owner.OTHER, noun
    diameter = any(q.dimension in ("diameter_mm", "radius") for q in group)
    return _after_part(document, noun, left, link, topic, diameter=diameter), noun


def _after_part(document: Document, noun: Match, left: int, link: str, topic: Topic, *, diameter: bool) -> Owner:
    """After a part: its own where it opens the clause or is introduced with "a"; otherwise what the defect lacks."""
    start, _ = document.sentence_of(max(left - 1, 0))
    named_here = any(
        not mention.denied and start <= mention.match.start < noun.start and topic.is_topic(mention.match)
        for mention in topic.mentions
    )
    determiner = determiner_before(document, noun.start)
    preposition = preposition_before(document, noun.start)
    if diameter and (_describes(document, topic, noun) or topic.name in NO_DIAMETER):
        return Owner.OTHER
    if topic.mention is None and link == "" and determiner is None and _opens_segment(document, noun):
        return Owner.OTHER
    if not named_here:
        return Owner.OTHER if topic.mention is not None else Owner.LIKELY_DEFECT
    if link == "" and determiner is None and preposition is None and _opens_segment(document, noun):
        return Owner.OTHER
    indefinite = determiner is not None and document.is_a(determiner, "indefinite")
    if indefinite and preposition is not None and link != ",":
        return Owner.OTHER
    return Owner.LIKELY_DEFECT


def _opens_with_unknown(document: Document, left: int, topic: Topic) -> bool:
    """`leather handbag, 32 cm wide, small stain`: a thing that nobody knows opens the text, the defect comes later."""
    if topic.mention is None or topic.mention.match.start < left or not document.is_unknown_word(left - 1):
        return False
    cursor = left - 1
    while cursor >= 0 and (document.is_unknown_word(cursor) or document.is_a(cursor, *_BEFORE_A_THING)):
        cursor -= 1
    return cursor < 0 or cursor in document.sentence_ends


def _describes(document: Document, topic: Topic, noun: Match) -> bool:
    """`rusty pipe, diameter 40 mm`: the defect is only an adjective of the part."""
    mention = topic.mention
    if mention is None or mention.match.entry.kind != "adjective" or mention.match.end > noun.start:
        return False
    return all(document.is_a(index, "material", "part", "adjective") for index in range(mention.match.end, noun.start))


def _opens_segment(document: Document, noun: Match) -> bool:
    """`resistor missing, board 100 mm`: the part and what describes it are all there is since the last comma."""
    cursor = noun.start - 1
    while cursor >= 0 and (document.is_a(cursor, "material", "part", "finish", "adjective", "colour")):
        cursor -= 1
    return cursor < 0 or document.key(cursor) == "," or cursor in document.sentence_ends


def _only_a_defect_has(group: Sequence[Quantity]) -> bool:
    return all(q.dimension == "depth_mm" for q in group)
