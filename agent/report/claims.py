"""Numbers as a sentence states them: value, unit, how exactly, and of which quantity."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from agent.report.facts import Fact
from agent.report.lexicon import Lexicon
from agent.report.lexicon.model import Pattern

_NUMBER = re.compile(r"(?<![\w.,])[-−+]?\d+(?:[.,]\d+)*(?![\w]*\d)")
_RANGE = re.compile(
    r"(?<![\w.,])(\d+(?:[.,]\d+)?)\s*(?:-|–|to|and|bis|und|~)\s*(\d+(?:[.,]\d+)?)(?=[\s-]*[a-zµμ%°²])", re.IGNORECASE
)
_SECOND_SIDE = re.compile(r"\d\s*(?:mm|px|cm|µm)?\s*(?:by|x|×|mal)\s*$", re.IGNORECASE)
"""The second number of "4.2 mm by 0.3 mm"."""
_OTHER_SIDE = re.compile(r"\s*(?:by|x|×|mal)\s*\d+(?:[.,]\d+)?", re.IGNORECASE)
"""What follows the first number of "12 by 11 px", whose unit is that of the second."""
_TWOFOLD = ("double", "twice", "doppelt")
_BY = re.compile(r"\bby\s+(?:a margin of\s+|about\s+)?$|\bum\s+(?:etwa\s+)?$", re.IGNORECASE)
_ABOUT = 0.10
"""How far "about 4 mm" may be from the truth."""
_SLACK = 1e-9
_AREA_IN_PIXELS = frozenset({"area", "total"})
_WINDOW = 34
_DENIAL_REACH = 22
_FIRST_COUNT = 2
"""Smaller number words are too often no numbers: "one of them", "a single"."""


@dataclass(frozen=True)
class NumberClaim:
    """A stated number; `low` to `high` is what the truth may be, ends included."""

    text: str
    low: float
    high: float
    unit: str
    quantity: str | None
    start: int
    end: int

    def fits(self, fact: Fact) -> bool:
        """Does this fact make the claim true?"""
        return (
            self._same_unit(fact)
            and self._same_quantity(fact)
            and self.low - _SLACK <= fact.value <= self.high + _SLACK
        )

    def _same_unit(self, fact: Fact) -> bool:
        pixels = self.unit == "px" and fact.unit == "px2" and fact.quantity in _AREA_IN_PIXELS
        plain_times = not self.unit and fact.unit == "x" and fact.quantity == "aspect"
        return self.unit == fact.unit or pixels or plain_times

    def _same_quantity(self, fact: Fact) -> bool:
        if self.unit == "x" and fact.quantity == "aspect" and self.quantity in ("length", "width"):
            return True
        if self.quantity is None:
            return fact.quantity not in ("excess", "review_excess", "total", "ratio", "review_ratio") or bool(fact.unit)
        return fact.quantity in _FAMILIES.get(self.quantity, (self.quantity,))


_FAMILIES = {
    "length": ("length", "stated"),
    "width": ("width", "stated"),
    "extent": ("length", "width", "stated"),
    "beyond": ("excess", "review_excess", "score", "peak"),
    "depth": (),
    "aspect": ("aspect",),
    "area": ("area", "share", "stated"),
    "total": ("total", "share", "stated", "count"),
    "score": ("score", "peak", "mean", "ratio", "stated"),
    "peak": ("peak", "stated"),
    "threshold": ("threshold", "pixel_threshold", "ratio", "stated"),
    "review_threshold": ("review_threshold", "review_ratio", "stated"),
    "excess": ("excess", "review_excess"),
    "confidence": ("confidence", "type_confidence", "stated"),
    "type_confidence": ("type_confidence",),
    "orientation": ("orientation", "stated"),
    "picture": ("picture", "position", "share", "stated"),
    "count": ("count", "stated"),
    "scale": ("scale",),
    "position": ("position",),
}


def parse_number(text: str, lexicon: Lexicon) -> float:
    """The value of digits with a decimal point or, in languages that write one, a decimal comma."""
    plain = text.replace("−", "-")
    if "," in plain and "." in plain:
        thousands = "," if plain.rfind(".") > plain.rfind(",") else "."
        plain = plain.replace(thousands, "")
    elif "," in plain and not lexicon.decimal_comma and re.fullmatch(r"[-+]?\d{1,3}(,\d{3})+", plain):
        plain = plain.replace(",", "")
    plain = plain.replace(",", ".")
    return float(plain) if plain.count(".") <= 1 else float(plain.replace(".", ""))


def number_claims(text: str, lexicon: Lexicon) -> Iterator[NumberClaim]:
    """Every number in digits, and every number word that has a unit."""
    taken: list[tuple[int, int]] = []
    for match in _RANGE.finditer(text):
        unit, factor, end = _unit(text, match.end(), lexicon)
        low, high = (parse_number(group, lexicon) * factor for group in match.groups())
        if unit and low <= high:
            taken.append((match.start(), end))
            quantity = _quantity(text, match.start(), end, lexicon)
            yield NumberClaim(text[match.start() : end], low, high, unit, quantity, match.start(), end)
    for match in _NUMBER.finditer(text):
        if not _inside(match.start(), taken):
            yield _claim(
                text,
                match.start(),
                match.end(),
                parse_number(match.group(), lexicon),
                lexicon,
                _half_unit(match.group()),
            )
    yield from _spelled(text, lexicon)


def _spelled(text: str, lexicon: Lexicon) -> Iterator[NumberClaim]:
    """Number words: with a unit a size ("half a millimetre"), alone a count ("nine out of ten")."""
    for word, value in lexicon.number_words.items():
        for match in re.finditer(rf"(?<!\w){word}(?!\w)", text, re.IGNORECASE):
            unit = _unit(text, match.end(), lexicon)[0]
            rough = unit != "x" and value == int(value)
            if unit == "px" and value == 1:
                continue  # "one pixel corresponds to 0.05 mm"
            if unit:
                half = 0.5 if rough else 0.1 * value
                yield _claim(text, match.start(), match.end(), float(value), lexicon, half)
            elif word.endswith(("mal", "fach")) or (word in _TWOFOLD and _is_factor(text[match.end() :], lexicon)):
                claim = _claim(text, match.start(), match.end(), float(value), lexicon, 0.12 * value)
                yield replace(claim, unit="x", quantity="score" if lexicon.limit.search(text) else claim.quantity)
            elif value >= _FIRST_COUNT and not lexicon.glued and word not in _TWOFOLD:
                yield NumberClaim(match.group(), value, value, "", None, match.start(), match.end())


def _is_factor(after: str, lexicon: Lexicon) -> bool:
    """ "twice the limit", "twice as long as": a factor, no count."""
    near = after[:_WINDOW]
    patterns = (lexicon.limit, *lexicon.equal.values(), *lexicon.compare.values())
    return any(pattern.search(near) for pattern in patterns)


def _half_unit(digits: str) -> float:
    """Half of the last place that is written: "4.2" stands for 4.15 to 4.25."""
    places = max(len(digits.rpartition(mark)[2]) if mark in digits else 0 for mark in ".,")
    return float(0.5 * 10.0**-places)


def _claim(text: str, start: int, end: int, value: float, lexicon: Lexicon, half: float) -> NumberClaim:
    unit, factor, end = _unit(text, end, lexicon)
    before = text[max(0, start - _WINDOW) : start]
    low, high = value - half, value + half
    if lexicon.about.search(before):
        low, high = min(low, value * (1 - _ABOUT)), max(high, value * (1 + _ABOUT))
        if _ends_with(lexicon.less_than, before):  # "slightly less than 4 mm"
            high = value
        elif _ends_with(lexicon.more_than, before):
            low = value
    elif _ends_with(lexicon.more_than, before) and (unit or not _ends_with(lexicon.limit, before)):
        low, high = _bound(value, before, lexicon, more=True)
    elif _ends_with(lexicon.less_than, before):
        low, high = _bound(value, before, lexicon, more=False)
    quantity = _quantity(text, start, end, lexicon)
    if quantity is None and unit in ("mm", "px") and float("inf") in (high, -low):
        quantity = "length"  # "does not exceed 5 mm" is said of the longest side.
    return NumberClaim(text[start:end].strip(), low * factor, high * factor, unit, quantity, start, end)


def _bound(value: float, before: str, lexicon: Lexicon, *, more: bool) -> tuple[float, float]:
    """Lowest and highest of "more than", "less than" and, with the direction turned, "does not exceed"."""
    tail = before[-_DENIAL_REACH:]
    denied = lexicon.negation.search(tail)
    if denied and not re.match(r"no[rt]?\s+(?:more|less|fewer)", tail[denied.start() :], re.IGNORECASE):
        more = not more
    return (value, float("inf")) if more else (float("-inf"), value)


def _unit(text: str, end: int, lexicon: Lexicon) -> tuple[str, float, int]:
    """Canonical unit, factor to it, and where the unit ends; an empty unit where there is none."""
    for pattern, unit, factor in lexicon.units.values():
        match = pattern.match(text, end)
        if match and not (unit == "x" and _OTHER_SIDE.match(text, end)):
            return unit, factor, match.end()
    other = _OTHER_SIDE.match(text, end)
    if other:
        unit, factor, _ = _unit(text, other.end(), lexicon)
        return unit, factor, end
    return "", 1.0, end


def _quantity(text: str, start: int, end: int, lexicon: Lexicon) -> str | None:
    """The quantity a number is of: the word right after it ("long"), else the last one before it, else the next."""
    after, before = text[end : end + _WINDOW], text[max(0, start - _WINDOW) : start]
    after = _NUMBER.split(after, maxsplit=1)[0]
    if _OTHER_SIDE.match(text, end):
        if lexicon.quantities["picture"].search(before):
            return "picture"
        after = ""
    before = _NUMBER.split(before)[-1]
    if _SECOND_SIDE.search(text[max(0, start - _WINDOW) : start]):
        return "picture" if lexicon.quantities["picture"].search(text) else "width"
    if _BY.search(before) or (text[end - 1] == "%" and _starts_with((lexicon.above, lexicon.below), after)):
        return "excess"
    if _starts_with((lexicon.above, lexicon.below), after) and lexicon.limit.search(after):
        return "beyond"
    best: tuple[float, str] | None = None
    for name, pattern in lexicon.quantities.items():
        match = pattern.search(after)
        if match and match.start() <= (0 if lexicon.glued else 2):
            return name
        distances = [len(before) - found.end() for found in pattern.finditer(before)]
        if match:
            distances.append(match.start() + _WINDOW)
        for distance in distances:
            if best is None or distance < best[0]:
                best = (distance, name)
    return best[1] if best else None


def _starts_with(patterns: Sequence[Pattern], text: str) -> bool:
    return any(match is not None and match.start() <= 2 for match in (pattern.search(text) for pattern in patterns))


def _ends_with(pattern: Pattern, text: str) -> bool:
    return any(len(text[match.end() :].strip(" ~")) <= 1 for match in pattern.finditer(text))


def _inside(position: int, spans: Sequence[tuple[int, int]]) -> bool:
    return any(start <= position < end for start, end in spans)
