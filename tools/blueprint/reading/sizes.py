"""Which sizes are the defect's: a size belongs to the noun that it stands with.

Before a noun ("3 mm scratch") it is that noun's. After one ("pipe of 40 mm diameter") too, except that an appended size
("crack in the weld, 12 mm") is the defect's as long as the defect has none. After a verb ("the plate is 50 mm wide") it
is the subject's. "10 mm from the edge" is a distance and nobody's size.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from tools.blueprint.reading.appended import NO_DIAMETER, Owner, appended, names_topic
from tools.blueprint.reading.dimensions import CLOCK_WORDS, Quantity
from tools.blueprint.reading.distances import is_distance
from tools.blueprint.reading.document import Document, Match
from tools.blueprint.reading.mentions import Topic
from tools.blueprint.reading.phrases import (
    Phrase,
    noun_at,
    phrase_at,
    preposition_before,
    previous_noun,
)

_POSSESSIVES = frozenset({"whose", "dessen", "deren"})


@dataclass(frozen=True)
class Owned:
    """A quantity, whose it is, and the noun that decided it."""

    quantity: Quantity
    owner: Owner
    noun: Match | None


def assign(document: Document, quantities: Sequence[Quantity], topic: Topic) -> list[Owned]:
    """Say whose each length, area, pixel length or unknown unit is."""
    sizes = [q for q in quantities if q.kind in ("length", "area", "px", "unknown", "bare", "other")]
    sizes = [q for q in sizes if q.kind != "other" or document.key(q.end - 1) not in CLOCK_WORDS]
    owned: list[Owned] = []
    for group in _groups(document, sizes):
        skip = frozenset(index for q in group for index in range(q.lead, max(q.tail, q.end)))
        apart = [q for q in group if is_distance(document, q)]
        owned.extend(Owned(q, Owner.DISTANCE, None) for q in apart)
        foreign = [q for q in group if q.dimension == "of_part" or _is_no_line(q, group, topic)]
        owned.extend(Owned(q, Owner.OTHER, None) for q in foreign)
        rest = [q for q in group if q not in apart and q not in foreign]
        if rest:
            owner, noun = _owner(document, rest, topic, skip, owned)
            owned.extend(Owned(q, owner, noun) for q in rest)
    return _settle(owned)


def _is_no_line(quantity: Quantity, group: Sequence[Quantity], topic: Topic) -> bool:
    """A diameter beside the length of a scratch or crack: "the seal has a cut 6 mm long and a diameter of 80 mm"."""
    return len(group) > 1 and topic.name in NO_DIAMETER and quantity.dimension in ("diameter_mm", "radius")


def _groups(document: Document, quantities: Sequence[Quantity]) -> list[list[Quantity]]:
    """Quantities that stand together: "3 mm long and 0.2 mm wide", "(5 mm and 8 mm)"."""
    groups: list[list[Quantity]] = []
    for quantity in quantities:
        if groups and _joined(document, groups[-1][-1], quantity):
            groups[-1].append(quantity)
        else:
            groups.append([quantity])
    return groups


def _joined(document: Document, first: Quantity, second: Quantity) -> bool:
    between = [document.key(index) for index in range(max(first.tail, first.end), second.lead)]
    words = [key for key in between if key not in ("a", "an", "the", "one", "ein", "einen", "eine")]
    if is_distance(document, first) or is_distance(document, second):
        return False
    if not words:
        return bool(first.dimension or second.dimension) or len(between) == 0
    if set(words) <= {"and", "&", "und", "x", "by", "/", "plus"}:
        return True
    if set(words) <= {",", "and", "und", "with", "mit"}:
        return bool(second.dimension) or (bool(first.dimension) and second.kind == "bare")
    return False


def _owner(
    document: Document, group: Sequence[Quantity], topic: Topic, skip: frozenset[int], before: Sequence[Owned]
) -> tuple[Owner, Match | None]:
    """Whose sizes a group is."""
    start, end = group[0].lead, max(group[-1].tail, group[-1].end)
    possessor = _possessor(document, start)
    if possessor is not None:
        return _of_noun(possessor, topic)
    enclosing = _in_brackets(document, start)
    if enclosing is not None and not names_topic(enclosing, topic):
        own = phrase_at(document, end, skip)
        if own.defect is None:
            return Owner.OTHER, enclosing
    left, link = _left_of(document, start)
    adjacent = previous_noun(document, left) if link in ("", "of", "(", "with") else None
    if adjacent is not None and names_topic(adjacent, topic) and link in ("", "of", "("):
        return Owner.DEFECT, adjacent
    right = phrase_at(document, end, skip)
    if right.found and _prenominal(document, right, left, link, group):
        return _of_phrase(right, topic)
    if link == "verb":
        return _of_subject(document, left, topic, before)
    of_it = adjacent is not None and link == "of"
    return _of_noun(adjacent, topic) if adjacent and of_it else appended(document, group, left, link, topic)


def _possessor(document: Document, start: int) -> Match | None:
    """The noun before "whose" right in front of a size: "the pipe, whose diameter is 22 mm"."""
    if document.key(start - 1) not in _POSSESSIVES:
        return None
    cursor = start - 1
    while document.key(cursor - 1) == ",":
        cursor -= 1
    return previous_noun(document, cursor)


def _in_brackets(document: Document, start: int) -> Match | None:
    """The noun before the bracket that a size stands in, unless a defect is named inside: `tube (OD 60, wall 3 mm)`."""
    opening = next((index for index in range(start - 1, -1, -1) if document.key(index) in "()"), -1)
    if opening < 0 or document.key(opening) != "(":
        return None
    if any(document.is_a(index, "defect") for index in range(opening, start)):
        return None
    return previous_noun(document, opening)


def _left_of(document: Document, start: int) -> tuple[int, str]:
    """One past the word that a size follows, and how: "", `of`, `with`, `(`, `,`, `verb`, `prep` or `start`."""
    cursor, link = start, ""
    while cursor > 0:
        key = document.key(cursor - 1)
        if cursor - 1 in document.sentence_ends and key not in ("-", "–"):
            return cursor, "start" if link in ("", ",") else link
        if key in (",", ":", "-", "–"):
            cursor, link = cursor - 1, link or ","
        elif key == "(":
            cursor, link = cursor - 1, "("
        elif key in ("of", "von"):
            cursor, link = cursor - 1, "of"
        elif key in ("with", "mit", "having"):
            cursor, link = cursor - 1, "with"
        elif document.is_a(cursor - 1, "copulas") and not document.is_a(cursor - 1, "conjunctions"):
            return cursor - 1, "verb"
        elif document.is_a(cursor - 1, "indefinite", "approx", "measure_words", "dimension", "size_hint"):
            if noun_at(document, cursor - 1) is not None:
                break
            cursor -= 1
        elif document.is_a(cursor - 1, "prepositions"):
            return cursor - 1, "prep"
        else:
            break
    return cursor, link if cursor > 0 else "start"


def _prenominal(document: Document, right: Phrase, left: int, link: str, group: Sequence[Quantity]) -> bool:
    """Whether the noun after the sizes is what they describe."""
    after_noun = previous_noun(document, left) is not None and link == ""
    if right.unknown:
        opened = link in ("prep", "with", "start") or document.is_a(group[0].lead - 1, "determiners", "prepositions")
        return opened and not after_noun
    head = right.defect or right.head
    if head is None:
        return False
    if after_noun and head.category != "defect":
        return False
    return not (link == "(" and head.category != "defect")


def _of_phrase(phrase: Phrase, topic: Topic) -> tuple[Owner, Match | None]:
    noun = phrase.defect or phrase.head
    if noun is None:
        return Owner.OTHER, None
    return _of_noun(noun, topic)


def _of_noun(noun: Match, topic: Topic) -> tuple[Owner, Match | None]:
    return (Owner.DEFECT if names_topic(noun, topic) else Owner.OTHER), noun


def _of_subject(document: Document, verb: int, topic: Topic, before: Sequence[Owned]) -> tuple[Owner, Match | None]:
    """The subject of "is", "measures", "has": the first noun of the clause that no preposition governs."""
    start = _clause_start(document, verb)
    nouns = []
    index = start
    while index < verb:
        noun = noun_at(document, index)
        if noun is not None and noun.entry.kind != "adjective":
            nouns.append(noun)
            index = noun.end
        else:
            index += 1
    free = [noun for noun in nouns if preposition_before(document, noun.start) is None]
    heads = [noun for noun in free if not any(other.start == noun.end for other in free)]
    if heads:
        return _of_noun(heads[0], topic)
    last = next((owned.noun for owned in reversed(before) if owned.noun is not None), None)
    pronoun = any(document.is_a(index, "pronouns") for index in range(start, verb))
    if pronoun and last is not None and topic.mention is not None and topic.mention.match.start > verb:
        return _of_noun(last, topic)
    return Owner.DEFECT, None


def _clause_start(document: Document, index: int) -> int:
    start = document.sentence_of(max(index - 1, 0))[0]
    for cursor in range(index - 1, start, -1):
        joins = document.is_a(cursor, "conjunctions") or document.key(cursor) == ","
        if joins and any(
            (noun := noun_at(document, later)) is not None and preposition_before(document, noun.start) is None
            for later in range(cursor + 1, index)
        ):
            return cursor + 1
    return start


def _settle(owned: Sequence[Owned]) -> list[Owned]:
    """Likely sizes become the defect's where it lacks one, and another's where it has it."""
    settled: list[Owned] = []
    for item in owned:
        if item.owner is not Owner.LIKELY_DEFECT:
            settled.append(item)
            continue
        field = item.quantity.dimension or "across"
        taken = any(
            (other.quantity.dimension or "across") == field
            for other in owned
            if other is not item and other.owner is Owner.DEFECT and other.quantity.kind == item.quantity.kind
        )
        also_main = field == "across" and any(
            other.quantity.dimension in ("length_mm", "diameter_mm") for other in owned if other.owner is Owner.DEFECT
        )
        part = item.noun is not None and item.noun.category in ("part", "material")
        owner = Owner.OTHER if (taken or also_main) and part else Owner.DEFECT
        settled.append(Owned(item.quantity, owner, item.noun))
    return settled
