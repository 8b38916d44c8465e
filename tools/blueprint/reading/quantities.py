"""Numbers with units in a text: single values, ranges, tolerances, products, and the dimension that stands by them."""

from __future__ import annotations

from dataclasses import dataclass, replace

from tools.blueprint.reading.dimensions import Quantity, dimension_after, starts_number, with_bound, with_dimension
from tools.blueprint.reading.document import Document, Match
from tools.blueprint.reading.numbers import Number, read_number
from tools.blueprint.units import MM2_PER, MM_PER, is_known_length

_RANGE_SIGNS = frozenset({"-", "–", "..", "~"})
_NEEDS_CARE = frozenset({"in", "m", "n", "g", "s", "k", "v", "w", '"', "''", "am", "pm", "mu", "mum", "pa", "min", "a"})


@dataclass(frozen=True)
class Factor:
    """One number or range with the unit right after it."""

    low: float
    high: float
    unit: str | None
    end: int


_BEFORE_A_SIGN = frozenset({",", ":", "=", "(", "of", "von"})
_MINUS = frozenset({"minus", "negative", "negativ"})


def scan(document: Document) -> tuple[list[Quantity], list[Quantity]]:
    """Every quantity, and every number that has neither unit nor dimension (`kind` is `bare`)."""
    quantities: list[Quantity] = []
    numbers: list[Quantity] = []
    index = 0
    while index < len(document.tokens):
        found = _quantity(document, index)
        if found is None:
            index += 1
            continue
        if _is_negative(document, index):
            found = replace(found, values=tuple((-high, -low) for low, high in found.values), start=index - 1)
        plain = found.kind == "bare" and found.dimension is None
        (numbers if plain else quantities).append(found)
        index = found.end
    return _lend_units(quantities), numbers


def _is_negative(document: Document, index: int) -> bool:
    """`minus 3 mm`; `length of -3 mm`, `a scratch, -3 mm`: a dash that sticks to the number and joins nothing."""
    if index == 0 or starts_number(document, index - 2):
        return False
    if document.key(index - 1) in _MINUS:
        return True
    if document.key(index - 1) != "-" or document.tokens[index].space_before:
        return False
    return document.key(index - 2) in _BEFORE_A_SIGN or document.is_a(index - 2, "copulas", "dimension")


def unit_at(document: Document, index: int) -> Match | None:
    """The unit that begins at a token, unless the word means something else here ("5 in the glaze")."""
    match = document.starting(index, "unit")
    if match is None:
        return None
    word = document.key(match.start)
    if match.end - match.start == 1 and word in _NEEDS_CARE and not _is_unit_here(document, index, word):
        return None
    if document.key(match.end - 1) == "." and not _goes_on(document, match.end):
        return Match(match.entry, match.start, match.end - 1)
    return match


def _goes_on(document: Document, index: int) -> bool:
    """Whether the sentence goes on after an abbreviation's full stop."""
    return index < len(document.tokens) and not document.tokens[index].text[0].isupper()


def _is_unit_here(document: Document, index: int, word: str) -> bool:
    token = document.tokens[index]
    if word in ('"', "''"):
        return not token.space_before
    if not token.space_before:
        return word != "a"
    if word == "in":
        after = index + 1
        if document.is_a(after, "determiners", "zone", "unit") or document.key(after) in (
            "total",
            "all",
            "each",
            "one",
        ):
            return False
        named = document.is_a(after, "material", "part") and not document.is_a(after + 1, "defect", "part")
        return not named and not document.is_unknown_word(after)
    return word in ("m", "mu") and not document.is_unknown_word(index + 1)


def _quantity(document: Document, index: int) -> Quantity | None:
    first = _factor(document, index)
    if first is None:
        return None
    factors = [first]
    while len(factors) < 3:
        step = _product_step(document, factors[-1])
        if step is None:
            break
        factors.append(step)
    units = [factor.unit for factor in factors]
    last = next((unit for unit in reversed(units) if unit is not None), None)
    if last is None and len(factors) > 1 and not dimension_after(document, factors[-1].end):
        factors, units = factors[:1], units[:1]
    unit, end = last, factors[-1].end
    kind = _kind(unit)
    if unit is None:
        guess = _unknown_unit(document, index, end)
        if guess is not None:
            unit, kind, end = document.tokens[guess].text, "unknown", guess + 1
    values = tuple(_in_unit(factor, unit) for factor in factors)
    built = with_dimension(document, with_bound(document, Quantity(values, unit or "", kind, index, end, index, end)))
    if built.kind == "bare" and built.tail > built.end and _is_count(document, built):
        return replace(built, dimension=None, tail=built.end)
    return built


def _is_count(document: Document, quantity: Quantity) -> bool:
    """`3 long scratches`: a whole number, and what looked like its dimension describes the noun after it."""
    whole = all(value.is_integer() for factor in quantity.values for value in factor)
    return whole and document.is_a(quantity.tail, "defect", "adjective", "size_hint", "part")


def _in_unit(factor: Factor, unit: str | None) -> tuple[float, float]:
    """A factor's numbers in the unit of the whole: 2 cm x 4 mm is 20 x 4 mm."""
    if factor.unit in MM_PER and unit in MM_PER and factor.unit != unit:
        scale = MM_PER[factor.unit] / MM_PER[unit]
        return factor.low * scale, factor.high * scale
    return factor.low, factor.high


def _kind(unit: str | None) -> str:
    if unit is None:
        return "bare"
    if unit in MM_PER:
        return "length"
    return "area" if unit in MM2_PER else unit


def _number(document: Document, index: int) -> Number | None:
    found = read_number(document.tokens, document.keys, index, document.lexicon)
    article = document.key(index) in document.lexicon.grammar["indefinite"]
    if article and (found is None or found.end == index + 1):
        unit = unit_at(document, index + 1)
        return Number(1.0, index, index + 1, written=True) if unit is not None and unit.value in MM_PER else None
    return found


def _factor(document: Document, index: int) -> Factor | None:
    """A number with what follows: a tolerance, the far end of a range, a unit."""
    first = _number(document, index)
    if first is None:
        return None
    unit = unit_at(document, first.end)
    end = unit.end if unit else first.end
    name = unit.value if unit else None
    tolerance = _tolerance(document, end)
    if tolerance is not None:
        number, after = tolerance
        spread = unit_at(document, after)
        own = spread.value if spread else name
        width = number * (MM_PER[own] / MM_PER[name] if own in MM_PER and name in MM_PER and own != name else 1.0)
        return Factor(first.value - width, first.value + width, name or own, spread.end if spread else after)
    return _far_end(document, index, first, name, end) or Factor(first.value, first.value, name, end)


def _tolerance(document: Document, index: int) -> tuple[float, int] | None:
    if document.key(index) == "±":
        number = read_number(document.tokens, document.keys, index + 1, document.lexicon)
    elif [document.key(index + step) for step in range(3)] == ["plus", "or", "minus"]:
        number = read_number(document.tokens, document.keys, index + 3, document.lexicon)
    elif document.key(index) == "plus" and document.key(index + 1) in ("minus", "/"):
        number = read_number(document.tokens, document.keys, index + 2, document.lexicon)
    else:
        return None
    return (number.value, number.end) if number else None


def _far_end(document: Document, index: int, first: Number, unit: str | None, end: int) -> Factor | None:
    """The other end of `2-3 mm`, `2 to 3 mm`, `between 2 and 3 mm`."""
    key = document.key(end)
    grammar = document.lexicon.grammar
    between = document.ending(index, "between") is not None
    joined = key in _RANGE_SIGNS or key in grammar["range_words"] or document.starting(end, "range_words") is not None
    joined = joined or (between and key in grammar["between_and"])
    if not joined or (key in ("und", "and") and not between):
        return None
    step = document.starting(end, "range_words")
    start = step.end if step is not None else end + 1
    second = _number(document, start)
    if second is None or (key in _RANGE_SIGNS and second.written):
        return None
    other = unit_at(document, second.end)
    if unit is not None and (other is None or not _same_measure(unit, other.value)):
        return None
    low, high = first.value, second.value
    name = other.value if other else unit
    if unit in MM_PER and name in MM_PER:
        low *= MM_PER[unit] / MM_PER[name]
    return Factor(min(low, high), max(low, high), name, other.end if other else second.end)


def _same_measure(unit: str, other: str) -> bool:
    """Whether two units can be the ends of one range."""
    return unit == other or (unit in MM_PER and other in MM_PER)


def _product_step(document: Document, before: Factor) -> Factor | None:
    """The next factor of `3 x 5 mm`; None for `3x 5 mm`, three of 5 mm each."""
    sign = before.end
    if document.key(sign) not in document.lexicon.grammar["product_words"]:
        return None
    token = document.tokens[sign]
    after = sign + 1
    if after >= len(document.tokens):
        return None
    if before.unit is None and not token.space_before and document.tokens[after].space_before:
        return None
    if document.is_a(after, "dimension"):
        return None
    return _factor(document, after)


def _unknown_unit(document: Document, index: int, end: int) -> int | None:
    """The token of a word that stands where a unit would: "5 blips wide", "a scratch of 3 furlongs"."""
    if end >= len(document.tokens) or document.tokens[end].kind != "word":
        return None
    if not document.is_unknown_word(end) or document.is_a(end, "not_countable"):
        return None
    if dimension_after(document, end + 1) or is_everyday_elsewhere(document.key(end)):
        return end
    before = index - 1
    while document.is_a(before, "approx", "measure_words", "upper_bounds", "lower_bounds") and not document.is_a(
        before, "defect"
    ):
        before -= 1
    after_noun = document.is_a(before, "defect")
    closes = end + 1 >= len(document.tokens) or document.tokens[end + 1].kind == "punct"
    if after_noun and (closes or document.is_a(end + 1, "prepositions", "conjunctions", "material", "zone")):
        return end
    with_article = document.key(index - 1) in document.lexicon.grammar["indefinite"]
    return end if with_article and document.is_a(end + 1, "defect") else None


def is_everyday_elsewhere(word: str) -> bool:
    """Whether a word is some unit of length that nobody uses for defects: furlong, parsec."""
    known = ("furlong", "fathom", "league", "parsec", "angstrom", "cubit", "chain", "nautical", "pica", "light", "rod")
    singular = word.removesuffix("s")
    return singular in known[:6] and is_known_length(singular)


def _lend_units(quantities: list[Quantity]) -> list[Quantity]:
    """`3 mm long, 0.2 wide`: a number with a dimension but no unit takes its neighbour's."""
    lengths = [quantity for quantity in quantities if quantity.kind == "length"]
    lent = []
    for quantity in quantities:
        if quantity.kind == "bare" and lengths:
            nearest = min(lengths, key=lambda other: abs(other.start - quantity.start))
            lent.append(replace(quantity, unit=nearest.unit, kind="length"))
        else:
            lent.append(quantity)
    return lent
