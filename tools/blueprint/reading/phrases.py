"""Noun phrases: which words form one, and what its head is."""

from __future__ import annotations

from dataclasses import dataclass

from tools.blueprint.reading.document import Document, Match

_MODIFIERS = (
    "adjective", "colour", "size_hint", "finish", "contrast", "gloss", "edge_look", "severity", "distribution",
    "curvature", "orientation", "orientation_inferred",
)  # fmt: skip
_STOPS = (
    "prepositions", "conjunctions", "copulas", "verbs", "pronouns", "determiners", "negators", "number", "vague",
    "between",
)  # fmt: skip
NOUNS = ("defect", "part", "material", "not_countable")


@dataclass(frozen=True)
class Phrase:
    """A noun phrase over the tokens `start` to `end` (exclusive).

    Attributes:
        head: the match of its last noun; None where only an unknown word can be the noun.
        defect: the first noun in it that names a defect.
        unknown: it has no noun but a word that nobody knows.
    """

    start: int
    end: int
    head: Match | None
    defect: Match | None
    unknown: bool

    @property
    def found(self) -> bool:
        """Whether there is any noun in it, known or not."""
        return self.head is not None or self.unknown


def phrase_at(document: Document, start: int, skip: frozenset[int] = frozenset(), *, unknown: bool = True) -> Phrase:
    """The noun phrase that begins at a token (after any determiner); it may be empty.

    Args:
        document: the text.
        start: first token.
        skip: tokens to step over, such as those of quantities.
        unknown: let words that nobody knows be part of it.
    """
    index, head, defect, strange = start, None, None, False
    while index < len(document.tokens):
        noun = noun_at(document, index)
        if index in skip:
            index += 1
        elif noun is not None:
            if noun.category == "defect" and noun.entry.kind != "adjective":
                defect = defect or noun
            if not (noun.category == "defect" and noun.entry.kind == "adjective"):
                head = noun
            index = max(noun.end, index + 1)
        elif (document.is_a(index, *_MODIFIERS) and not _is_stop(document, index)) or (
            document.is_a(index, "zone") and _leads_to_noun(document, index)
        ):
            index += 1
        elif unknown and document.is_unknown_word(index):
            strange = True
            index += 1
        else:
            break
    return Phrase(start, index, head, defect, strange and head is None)


def noun_at(document: Document, index: int) -> Match | None:
    """The noun (or defect adjective) that covers a token, the longest one."""
    found = [match for name in NOUNS if (match := document.covering(index, name)) is not None]
    found = [match for match in found if not _is_verb(document, match)]
    return max(found, key=lambda match: (match.end - match.start, match.category == "defect")) if found else None


def _is_verb(document: Document, match: Match) -> bool:
    """ "can you", "will show": a part's name that is a verb here."""
    if match.category != "part" or not document.is_a(match.start, "verbs"):
        return False
    return not document.is_a(match.start - 1, "determiners", "material", "adjective", "finish")


def _is_stop(document: Document, index: int) -> bool:
    return document.is_a(index, *_STOPS) and not document.is_a(index, "adjective", "colour", "finish")


def _leads_to_noun(document: Document, index: int) -> bool:
    match = document.covering(index, "zone")
    after = match.end if match else index + 1
    return noun_at(document, after) is not None


def previous_noun(document: Document, index: int) -> Match | None:
    """The noun that ends right before a token, adjectives and places between them stepped over."""
    cursor = index - 1
    steps = 0
    while cursor >= 0 and steps < 4:
        noun = noun_at(document, cursor)
        if noun is not None:
            return noun
        if not document.is_a(cursor, *_MODIFIERS, "zone"):
            return None
        cursor -= 1
        steps += 1
    return None


def determiner_before(document: Document, start: int) -> int | None:
    """The determiner of the phrase whose noun begins at a token; None where it has none."""
    cursor = start - 1
    while cursor >= 0 and (
        document.is_a(cursor, *_MODIFIERS, "material", "defect", "part", "zone", "unit", "dimension", "approx")
        or document.is_unknown_word(cursor)
        or document.tokens[cursor].kind == "num"
        or document.key(cursor) in (".", "/", "x", "-")
    ):
        if document.is_a(cursor, "determiners") and not document.is_a(cursor, "number"):
            break
        cursor -= 1
    return cursor if cursor >= 0 and document.is_a(cursor, "determiners") else None


def preposition_before(document: Document, start: int) -> int | None:
    """The preposition that governs the phrase whose noun begins at a token."""
    determiner = determiner_before(document, start)
    cursor = start - 1
    if determiner is not None:
        if document.is_a(determiner, "prepositions"):
            return determiner
        cursor = determiner - 1
    else:
        while cursor >= 0 and (
            document.is_a(cursor, *_MODIFIERS, "material", "part", "unit", "dimension", "number", "zone")
            or document.is_unknown_word(cursor)
            or document.tokens[cursor].kind == "num"
        ):
            if document.is_a(cursor, "prepositions"):
                break
            cursor -= 1
    return cursor if cursor >= 0 and document.is_a(cursor, "prepositions") else None


def portion_before(document: Document, match: Match) -> int | None:
    """The word that makes a thing of a mass: the "speck" of "a speck of rust"; None where there is none."""
    portions = document.lexicon.grammar.get("portions", ())
    index = match.start - 2
    if match.entry.kind != "mass" or index < 0 or document.key(match.start - 1) != "of":
        return None
    word = document.key(index)
    return index if any(word in (name, f"{name}s", f"{name}es") for name in portions) else None


def portioned(document: Document, index: int) -> Match | None:
    """The mass of which a token is a portion: for the "speck" of "speck of rust" the rust."""
    match = document.covering(index + 2, "defect") if document.key(index + 1) == "of" else None
    return match if match is not None and portion_before(document, match) == index else None
