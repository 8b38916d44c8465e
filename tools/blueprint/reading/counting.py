"""How many: numbers and words that stand with the defect, never with anything else.

"a scratch" and "the scratch" are one, inferred. A bare plural ("scratches") is unknown: at least two, and how many is
asked. Mass words ("rust", "dirt") have no count.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from tools.blueprint.model import CountRange, Origin
from tools.blueprint.reading.dimensions import Quantity
from tools.blueprint.reading.document import Document, Match
from tools.blueprint.reading.draft import Draft
from tools.blueprint.reading.mentions import Topic
from tools.blueprint.reading.phrases import (
    determiner_before,
    noun_at,
    phrase_at,
    portion_before,
    portioned,
    preposition_before,
)

MAX_COUNT = 10_000
_OF_THEM = (
    "pcs",
    "pc",
    "ea",
    "off",
    "stk",
    "of them",
    "of these",
    "of those",
    "in total",
    "total",
    "in number",
    "pieces",
    "davon",
    "stück",
    "insgesamt",
)
_COUNT_LABELS = frozenset({"count", "qty", "quantity", "anzahl", "menge", "stueckzahl"})
_HEADINGS = frozenset({"count", "number", "qty", "quantity", "no", "anzahl", "menge", "times", "x"})


@dataclass(frozen=True)
class Counted:
    """A number that counts defects."""

    low: int
    high: int
    said: bool


def put_count(
    document: Document, draft: Draft, topic: Topic, numbers: Sequence[Quantity], sizes: Sequence[Quantity]
) -> None:
    """Fill `count` of a draft, or ask."""
    if topic.mention is None:
        return
    skip = frozenset(index for q in sizes for index in range(q.lead, max(q.tail, q.end)))
    found = (
        _numbers(document, topic, numbers, skip) or _vague(document, topic, skip) or _after(document, numbers, topic)
    )
    if found is not None:
        low, high = max(1, found.low), min(MAX_COUNT, found.high)
        if low > high or found.high > MAX_COUNT:
            draft.warn("out_of_range", what=f"{found.low}")
            return
        draft.put("count", CountRange(min=low, max=high), Origin.SAID if found.said else Origin.INFERRED)
        return
    if is_single(document, topic):
        draft.put("count", CountRange(min=1, max=1), Origin.INFERRED)
    elif _is_plural(document, topic):
        draft.ask("count", "how_many", ("2", "3", "5", "10"))


def _numbers(document: Document, topic: Topic, numbers: Sequence[Quantity], skip: frozenset[int]) -> Counted | None:
    """The number whose noun phrase holds the defect."""
    for number in numbers:
        low, high = number.values[0]
        if low != int(low) or high != int(high) or low < 1 or _is_label(document, number):
            continue
        if _counts(document, topic, number.end, skip) or _is_multiplier(document, topic, number):
            return _bounded(number)
    return None


def _bounded(number: Quantity) -> Counted:
    low, high = (int(value) for value in number.values[0])
    if number.bound == "upper" and low == high:
        return Counted(1, high, True)
    if number.bound == "lower" and low == high:
        return Counted(low, 2 * low, True)
    return Counted(low, high, True)


def _counts(document: Document, topic: Topic, start: int, skip: frozenset[int]) -> bool:
    """Whether the phrase after a number is the defect's own: `5 fine scratches`, `two missing screws`."""
    index = start
    while document.key(index) in ("x", "of", "mal", "stueck", "different", "further", "weitere"):
        index += 1
    phrase = phrase_at(document, index, skip)
    for cursor in range(phrase.start, phrase.end):
        match = portioned(document, cursor) or document.covering(cursor, "defect")
        if match is not None and topic.is_topic(match):
            return match.entry.kind != "adjective" or match.value == "missing_part"
    if topic.name == "missing_part" and phrase.head is not None and phrase.head.category == "part":
        return _is_what_misses(document, topic, phrase.end)
    return False


def _is_what_misses(document: Document, topic: Topic, end: int) -> bool:
    """`two screws are missing`: nothing but verbs and places up to the word."""
    mention = topic.mention
    if mention is None:
        return False
    if mention.match.start >= end:
        between = range(end, mention.match.start)
        return not any(index in document.sentence_ends for index in between)
    return document.is_a(mention.match.end, "number") or mention.match.end + 1 >= end - 2


def _is_multiplier(document: Document, topic: Topic, number: Quantity) -> bool:
    """`scratch x3`, `scratches: 4`, `dents (3)`, `number of pores: 5`, `qty 5`."""
    before = number.lead - 1
    if document.key(before) in _COUNT_LABELS:
        return True
    opened = document.key(before) in ("x", ":", "(", "=", "*")
    while before >= 0 and document.key(before) in ("x", ":", "(", "=", "*"):
        before -= 1
    if not opened:
        return False
    match = document.covering(before, "defect")
    heading = document.key(before) in _HEADINGS
    return (match is not None and topic.is_topic(match) and match.entry.kind != "adjective") or heading


def _is_label(document: Document, number: Quantity) -> bool:
    """`#4711`, `no. 7`, `line 3`, `M8`: a name, not a count."""
    before = number.start - 1
    if document.key(before) in ("#", "№", "nr", "no"):
        return True
    return document.key(before) == "." and document.key(before - 1) in ("no", "nr")


def _vague(document: Document, topic: Topic, skip: frozenset[int]) -> Counted | None:
    """`a few`, `several`, `a pair of`, before the defect."""
    for match in document.all("vague"):
        if any(other.start <= match.start and match.end < other.end for other in document.all("vague")):
            continue
        if any(index in skip for index in range(match.start, match.end)):
            continue
        if not _counts(document, topic, match.end, skip):
            continue
        low, high = (int(part) for part in match.value.split())
        if match.entry.value and _mass_after(document, topic, match) and match.entry.kind == "vague":
            continue
        return Counted(low, high, match.entry.kind == "said")
    return None


def _mass_after(document: Document, topic: Topic, match: Match) -> bool:
    """`some rust`: an amount, no number."""
    phrase = phrase_at(document, match.end)
    for cursor in range(phrase.start, phrase.end):
        found = document.covering(cursor, "defect")
        if found is not None and topic.is_topic(found):
            return found.entry.kind == "mass" or (
                document.key(match.start) in ("some",) and not found.entry.plural and document.language == "en"
            )
    return False


def _after(document: Document, numbers: Sequence[Quantity], topic: Topic) -> Counted | None:
    """`scratches on the rim, three of them`, `particles on the wafer, at least three`, `, one, 1 mm`."""
    mention = topic.mention
    for number in numbers:
        low, high = number.values[0]
        if mention is None or number.start < mention.match.end or low != int(low) or low < 1 or high != int(high):
            continue
        rest = [document.key(index) for index in range(number.end, number.end + 2)]
        told = any(rest[: len(words)] == words for words in _OF_THEM_WORDS)
        opened = document.key(number.lead - 1) in (",", "(", ":", "-", "–")
        closed = number.end >= len(document.tokens) or document.tokens[number.end].kind == "punct"
        if told or (opened and closed and not _is_label(document, number)):
            return _bounded(number)
    return None


def is_single(document: Document, topic: Topic) -> bool:
    """Whether the defect's noun is a countable singular; "a dent every 200 mm" is none."""
    mention = topic.mention
    if mention is None or _recurs(document, mention.match):
        return False
    if topic.name == "missing_part":
        return _single_part_missing(document, mention.match)
    match = _noun_of(topic) or mention.match
    if match.entry.kind == "mass":
        return _is_one_mass(document, match)
    if match.entry.kind == "adjective" or match.entry.plural or match.value == "unmapped":
        return False
    if document.language == "de":
        return not _german_plural(document, match)
    return not _is_modifier_of_mass(document, match)


def _recurs(document: Document, match: Match) -> bool:
    """`a dent every 200 mm`, `alle 5 mm eine Pore`."""
    words = document.lexicon.grammar["recurring"]
    begin, end = document.sentence_of(match.start)
    return any(
        document.key(index) in words and document.tokens[index + 1].kind == "num" for index in range(begin, end - 1)
    )


def _is_one_mass(document: Document, match: Match) -> bool:
    """`a rust`, `a patch of rust`, but not "a little rust"."""
    portion = portion_before(document, match)
    if portion is not None:
        return not document.key(portion).endswith("s")
    determiner = determiner_before(document, match.start)
    if determiner is None or document.key(determiner + 1) in ("little", "bit", "bisschen", "wenig"):
        return False
    return document.is_a(determiner, "indefinite") and match.end - determiner <= 4


def _noun_of(topic: Topic) -> Match | None:
    """`the tile is cracked; the crack is 5 mm`: the noun counts, not the adjective."""
    found = (m.match for m in topic.mentions if m.name == topic.name and not m.denied)
    return next((match for match in found if match.entry.kind != "adjective"), None)


def _is_modifier_of_mass(document: Document, match: Match) -> bool:
    """`scratch damage`, `crack formation`: no single scratch is meant."""
    return document.key(match.end) in (
        "damage",
        "formation",
        "pattern",
        "patterns",
        "network",
        "field",
        "marks",
        "lines",
    )


def _german_plural(document: Document, match: Match) -> bool:
    """`feine Kratzer`, `die Kratzer sind`: a form that is singular and plural, in a plural phrase."""
    word = document.key(match.end - 1)
    forms = document.lexicon.phrases.get((word,), ())
    if match.end - match.start == 1 and any(entry.category == "defect" and entry.plural for entry in forms):
        return True
    determiner = determiner_before(document, match.start)
    before = document.key(match.start - 1)
    if determiner is None:
        return document.is_a(match.start - 1, "adjective", "size_hint", "colour", "severity") and before.endswith("e")
    after = [document.key(index) for index in range(match.end, match.end + 2)]
    return document.key(determiner) in ("die", "diese", "alle", "keine") and "sind" in after


def _single_part_missing(document: Document, match: Match) -> bool:
    """Whether what is missing is one: `a screw`, `the washer`, `LED`."""
    if match.entry.kind == "noun":
        return not match.entry.plural
    phrase = phrase_at(document, match.end)
    if phrase.head is not None and phrase.start < phrase.end:
        return not phrase.head.entry.plural
    if phrase.unknown and not document.is_a(match.start - 1, "copulas"):
        return not document.key(phrase.end - 1).endswith("s")
    start = document.sentence_of(match.start)[0]
    nouns = [noun for index in range(start, match.start) if (noun := noun_at(document, index)) is not None]
    parts = [noun for noun in nouns if noun.category == "part"]
    free = [noun for noun in parts if preposition_before(document, noun.start) is None] or parts
    if free:
        return not free[0].entry.plural
    return document.key(match.start - 1) not in ("are", "sind", "")


def _is_plural(document: Document, topic: Topic) -> bool:
    mention = topic.mention
    if mention is None or mention.match.entry.kind in ("mass", "adjective"):
        return False
    return mention.match.entry.plural or document.language == "de"


_OF_THEM_WORDS = [phrase.replace("ü", "ue").split() for phrase in _OF_THEM]
