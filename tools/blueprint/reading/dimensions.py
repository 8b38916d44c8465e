"""The words around a number: "about", "up to", "length of", "3 mm long", and the quantity they are gathered in."""

from __future__ import annotations

from dataclasses import dataclass, replace

from tools.blueprint.reading.document import Document, Match

_AFTER_UPPER = frozenset({"max", "maximum", "maximal", "tops", "höchstens"})
_AFTER_LOWER = frozenset({"min", "minimum", "plus", "mindestens"})
CLOCK_WORDS = frozenset({"o'clock", "oclock", "uhr"})
_AREAS = frozenset({"stain", "corrosion", "contamination", "discolouration"})
_NONE = frozenset({"none", "no", "not", "nothing", "never", "nicht", "keine", "keiner", "kein"})
_LINKS = frozenset({"of", "is", ":", "=", "was", "von", "ist", "are", "at", "(", "to", "sind", "betraegt", "by"})


@dataclass(frozen=True)
class Quantity:
    """Numbers with (or lacking) a unit.

    Attributes:
        values: low and high of each factor; one factor unless it is a product such as 3 x 5 mm.
        unit: a name of `tools.blueprint.units`, `px`, `deg`, `percent`, `other`, "" (none said) or what was written.
        kind: `length`, `area`, `px`, `deg`, `percent`, `other`, `unknown` or `bare`.
        start: first token of the numbers.
        end: one past the unit.
        lead: first token of the words that belong to it, such as "about" or "length of".
        tail: one past its dimension word.
        dimension: a key of the vocabulary's `dimensions`, or None.
        bound: `upper`, `lower` or None.
    """

    values: tuple[tuple[float, float], ...]
    unit: str
    kind: str
    start: int
    end: int
    lead: int
    tail: int
    dimension: str | None = None
    bound: str | None = None

    def surface(self, document: Document) -> str:
        """As it was written."""
        return document.text[document.tokens[self.start].start : document.tokens[self.end - 1].end]


def dimension_after(document: Document, index: int) -> Match | None:
    """A dimension word at a token that speaks of the number before it."""
    match = document.starting(index, "dimension")
    if match is None or match.entry.kind == "symbols":
        return None
    if match.entry.kind == "nouns" or _also_noun(document, match):
        after = match.end
        if document.key(after) in ("of", ":", "=", "von"):
            return None
        if starts_number(document, after) and not has_own_dimension(document, after):
            return None
    return match


def has_own_dimension(document: Document, index: int) -> bool:
    """`3 mm dia 0.5 mm deep`: the number at a token is followed by a unit and a dimension of its own."""
    unit = document.starting(index + 1, "unit")
    return unit is not None and document.starting(unit.end, "dimension") is not None


def _also_noun(document: Document, match: Match) -> bool:
    words = tuple(document.keys[match.start : match.end])
    return any(
        entry.category == "dimension" and entry.kind == "nouns" for entry in document.lexicon.phrases.get(words, ())
    )


def starts_number(document: Document, index: int) -> bool:
    """Whether a numeral stands at a token."""
    return index < len(document.tokens) and document.tokens[index].kind == "num"


def with_bound(document: Document, quantity: Quantity) -> Quantity:
    """Note "up to" and "at least", before or after."""
    lead = quantity.lead
    bound = None
    while True:
        upper, lower = document.ending(lead, "upper_bounds"), document.ending(lead, "lower_bounds")
        skip = document.ending(lead, "approx") or document.ending(lead, "between")
        if upper or lower:
            match = min((found for found in (upper, lower) if found), key=lambda found: found.start)
            if _is_extent(document, match):
                break
            bound = "upper" if match is upper or document.key(match.start - 1) in _NONE else "lower"
            lead = match.start
        elif skip:
            lead = skip.start
        else:
            break
    after = document.key(quantity.end)
    following = document.key(quantity.end + 1)
    if after in _AFTER_UPPER or (after == "or" and following in ("less", "smaller", "under")):
        bound = bound or "upper"
    elif after in _AFTER_LOWER or (after == "or" and following in ("more", "larger", "longer", "bigger", "over")):
        bound = bound or "lower"
    return replace(quantity, lead=lead, bound=bound)


def _is_extent(document: Document, match: Match) -> bool:
    """`peeled off over 12 mm`, `haze over 3 cm`: how far it goes, not more than that."""
    before = document.covering(match.start - 1, "defect")
    if before is None or document.key(match.start) not in ("over", "ueber"):
        return False
    return before.entry.kind in ("adjective", "mass") or before.value in _AREAS


def with_dimension(document: Document, quantity: Quantity) -> Quantity:
    """Find the dimension word after ("3 mm long") or before ("length of 3 mm", "Ø 3 mm")."""
    after = dimension_after(document, quantity.end)
    if after is None and document.key(quantity.end) in ("(", "in", ","):
        after = dimension_after(document, quantity.end + 1) if document.key(quantity.end) == "(" else None
    before = _dimension_before(document, quantity.lead)
    if before is not None and (after is None or (after.value == "across") or before.value != "across"):
        symbol = before.entry.kind == "symbols"
        tail = after.end if after is not None and after.value in (before.value, "across") else quantity.tail
        name = _symbol_field(document, before) if symbol else before.value
        return replace(quantity, dimension=name, lead=before.start, tail=tail)
    if after is not None:
        return replace(quantity, dimension=after.value, tail=after.end)
    return quantity


def _symbol_field(document: Document, match: Match) -> str:
    """D is a diameter, unless L or W stand by it: then it is the depth."""
    if document.key(match.start) != "d" or document.language != "en":
        return match.value
    return "depth_mm" if {"l", "w"} & set(document.keys) else "diameter_mm"


def _dimension_before(document: Document, index: int) -> Match | None:
    cursor, linked = index, False
    for _ in range(2):
        if document.key(cursor - 1) in _LINKS and cursor > 0:
            linked = linked or document.key(cursor - 1) in (":", "=")
            cursor -= 1
        skip = document.ending(cursor, "approx")
        cursor = (
            skip.start if skip is not None and skip.start > 0 and not document.is_a(skip.start, "dimension") else cursor
        )
    best: Match | None = None
    for match in document.all("dimension"):
        if match.end != cursor:
            continue
        noun = match.entry.kind == "nouns" or (linked and match.entry.kind == "adjectives")
        symbol = match.entry.kind == "symbols" and (linked or document.tokens[match.start].text.isupper())
        if (noun or symbol) and not _speaks_of_earlier(document, match) and (best is None or match.start < best.start):
            best = match
    return best


def _speaks_of_earlier(document: Document, match: Match) -> bool:
    """`3 mm dia 0.5 mm deep`: the word closes the number before it, because the one after has its own."""
    closes = document.is_a(match.start - 1, "unit") and starts_number(document, match.start - 2)
    return closes and has_own_dimension(document, match.end)
