"""Relative changes in a text: "a bit longer", "twice as wide", "2 mm deeper", "one more", "rotated by 30 degrees"."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from tools.blueprint.model import Blueprint, PositiveRange, Range, Severity
from tools.blueprint.reading.dimensions import Quantity
from tools.blueprint.reading.document import Document, Match
from tools.blueprint.reading.draft import Draft
from tools.blueprint.reading.geometry import main_field
from tools.blueprint.reading.numbers import read_number
from tools.blueprint.reading.quantities import scan
from tools.blueprint.registry import DEFECT_TYPES
from tools.blueprint.units import tidy, to_mm

_A_BIT, _MUCH = 0.45, 1.8
"""Exponents of a relative factor: "a bit longer" is 1.2 times, "longer" 1.5, "much longer" 2.1."""
_SIZES = ("geometry.length_mm", "geometry.width_mm", "geometry.diameter_mm")
_SHIFT = {
    ("left", "left"): "left", ("right", "left"): "center", ("center", "left"): "left",
    ("left", "right"): "center", ("right", "right"): "right", ("center", "right"): "right",
}  # fmt: skip
_LEVELS = tuple(Severity)


@dataclass
class Edits:
    """Changes by field path, and the tokens that said them."""

    changes: dict[str, Any] = field(default_factory=dict)
    used: frozenset[int] = frozenset()

    def use(self, start: int, end: int) -> None:
        """Mark tokens as spent."""
        self.used |= frozenset(range(start, end))


def find_edits(document: Document, blueprint: Blueprint, draft: Draft) -> Edits:
    """Every relative change of a text, computed from the Blueprint's present values."""
    edits = Edits()
    quantities, _ = scan(document)
    _factors(document, blueprint, draft, edits)
    for match in _longest(document):
        table, value = json.loads(match.value)
        if any(index in edits.used for index in range(match.start, match.end)):
            continue
        if table == "relative":
            _relative(document, blueprint, draft, edits, match, value, quantities)
        elif table in ("contrast", "visibility"):
            _contrast(document, blueprint, edits, match, table, float(value))
        elif table == "severity":
            _severity(blueprint, edits, int(value))
        elif table in ("edge", "gloss"):
            edits.changes[f"appearance.{table}"] = value
        elif table == "curvature":
            _curvature(blueprint, edits, float(value) * _weight(document, match, edits))
        elif table == "zone_shift":
            edits.changes["placement.zone"] = _shifted(blueprint, value)
        elif table == "remove":
            edits.changes[value] = None
        elif table == "rotate":
            _rotate(document, blueprint, edits, match, quantities)
            continue
        elif not _count(document, blueprint, edits, match, table):
            continue
        edits.use(match.start, match.end)
    return edits


def _longest(document: Document) -> list[Match]:
    found: list[Match] = []
    for match in document.all("edit"):
        if not any(other.start <= match.start and match.end <= other.end for other in found if other != match):
            found.append(match)
    return found


def _of_table(document: Document, index: int, table: str, *, ending: bool = False) -> Match | None:
    """The longest edit phrase of a table that begins (or ends) at a token."""
    found = [
        match
        for match in document.all("edit")
        if match.entry.kind == table and (match.end == index if ending else match.start == index)
    ]
    return max(found, key=lambda match: match.end - match.start) if found else None


def _weight(document: Document, match: Match, edits: Edits) -> float:
    """How strongly: "a bit" 0.45, "much" 1.8, plain 1; spends the word."""
    for table, weight in (("a_bit", _A_BIT), ("much", _MUCH)):
        before = _of_table(document, match.start, table, ending=True)
        if before is not None:
            edits.use(before.start, before.end)
            return weight
    return 1.0


def _factors(document: Document, blueprint: Blueprint, draft: Draft, edits: Edits) -> None:
    """`twice as long`, `half the width`, `three times as many`, `doppelt so breit`."""
    for match in document.all("edit"):
        if match.entry.kind != "as":
            continue
        cursor = match.start
        while document.key(cursor - 1) in ("as", "the", "so", "its", "die", "der", "den"):
            cursor -= 1
        factor = _of_table(document, cursor, "factors", ending=True)
        value, start = None, cursor
        if factor is not None:
            value, start = float(json.loads(factor.value)[1]), factor.start
        elif document.key(cursor - 1) in ("times", "mal", "x"):
            for back in (2, 3):
                number = read_number(document.tokens, document.keys, cursor - back, document.lexicon)
                if number is not None and number.end == cursor - 1:
                    value, start = number.value, number.start
        if value is None or value <= 0:
            continue
        path = str(json.loads(match.value)[1])
        if path == "count":
            _scale_count(blueprint, edits, value)
        else:
            _scale(blueprint, draft, edits, path, value)
        edits.use(start, match.end)


def _relative(
    document: Document,
    blueprint: Blueprint,
    draft: Draft,
    edits: Edits,
    match: Match,
    value: Sequence[Any],
    quantities: Sequence[Quantity],
) -> None:
    """`longer`, `a bit longer`, `20 % longer`, `2 mm longer`, `3 times longer`."""
    path, factor = str(value[0]), float(value[1])
    amount = next((quantity for quantity in quantities if quantity.end == match.start), None)
    if amount is not None and amount.kind in ("length", "percent"):
        edits.use(amount.lead, amount.end)
        size = amount.values[0][1]
        if amount.kind == "percent":
            _scale(blueprint, draft, edits, path, 1 + size / 100 if factor > 1 else max(0.01, 1 - size / 100))
        else:
            _add(blueprint, draft, edits, path, to_mm(size, amount.unit) * (1 if factor > 1 else -1))
        return
    if document.key(match.start - 1) in ("times", "mal"):
        number = read_number(document.tokens, document.keys, match.start - 2, document.lexicon)
        if number is not None and number.value > 0:
            edits.use(number.start, match.start)
            _scale(blueprint, draft, edits, path, number.value if factor > 1 else 1 / number.value)
            return
    _scale(blueprint, draft, edits, path, factor ** _weight(document, match, edits))


def _paths(blueprint: Blueprint, path: str) -> list[str]:
    """The fields that a change of size speaks of."""
    geometry = blueprint.geometry
    if path == "size":
        known = [name for name in _SIZES if getattr(geometry, name.removeprefix("geometry.")) is not None]
        return known or [f"geometry.{main_field(blueprint.defect_type)}"]
    if (
        path in _SIZES
        and getattr(geometry, path.removeprefix("geometry.")) is None
        and geometry.diameter_mm is not None
    ):
        return ["geometry.diameter_mm"]
    return [path]


def _base(blueprint: Blueprint, draft: Draft, edits: Edits, path: str) -> PositiveRange | None:
    """The size now, or the type's usual one with a warning."""
    leaf = path.removeprefix("geometry.")
    now = edits.changes.get(path, getattr(blueprint.geometry, leaf))
    if isinstance(now, PositiveRange):
        return now
    kind = DEFECT_TYPES.get(blueprint.defect_type or "")
    usual = kind.defaults.get(leaf) if kind is not None else None
    if usual is None:
        draft.ask("defect_type" if kind is None else path, "which_type" if kind is None else "how_big", label=leaf)
        return None
    draft.warn("from_default", size=_size_name(draft, leaf), low=f"{usual.min:g}", high=f"{usual.max:g}")
    return usual


def _size_name(draft: Draft, leaf: str) -> str:
    from tools.blueprint.lexicon import get_lexicon

    return str(get_lexicon(draft.language).questions["sizes"][leaf])


def _scale(blueprint: Blueprint, draft: Draft, edits: Edits, path: str, factor: float) -> None:
    for name in _paths(blueprint, path):
        base = _base(blueprint, draft, edits, name)
        if base is not None:
            low, high = float(f"{base.min * factor:.4g}"), float(f"{base.max * factor:.4g}")
            if low > 0:
                edits.changes[name] = PositiveRange(min=low, max=high)


def _add(blueprint: Blueprint, draft: Draft, edits: Edits, path: str, amount_mm: float) -> None:
    for name in _paths(blueprint, path)[:1] if path == "size" else _paths(blueprint, path):
        base = _base(blueprint, draft, edits, name)
        if base is None:
            continue
        if base.min + amount_mm <= 0:
            draft.ask(name, "not_positive", surface=f"{base.min:g} {amount_mm:+g} mm")
            continue
        edits.changes[name] = PositiveRange(min=tidy(base.min + amount_mm), max=tidy(base.max + amount_mm))


def _contrast(document: Document, blueprint: Blueprint, edits: Edits, match: Match, table: str, value: float) -> None:
    now = blueprint.appearance.contrast
    weight = _weight(document, match, edits)
    if table == "visibility":
        low, high = (now.min, now.max) if now is not None else (-0.3, -0.15)
        low, high = low * value**weight, high * value**weight
    else:
        low, high = (now.min, now.max) if now is not None else (-0.1, 0.1)
        low, high = low + value * weight, high + value * weight
    limited = [round(min(1.0, max(-1.0, end)), 4) for end in (low, high)]
    edits.changes["appearance.contrast"] = Range(min=min(limited), max=max(limited))


def _severity(blueprint: Blueprint, edits: Edits, step: int) -> None:
    now = _LEVELS.index(blueprint.severity) if blueprint.severity is not None else 1
    edits.changes["severity"] = _LEVELS[min(len(_LEVELS) - 1, max(0, now + step))].value


def _curvature(blueprint: Blueprint, edits: Edits, step: float) -> None:
    now = blueprint.geometry.curvature or Range(min=0.0, max=0.0)
    low, high = (round(min(1.0, max(0.0, end + step)), 4) for end in (now.min, now.max))
    edits.changes["geometry.curvature"] = Range(min=low, max=high)


def _shifted(blueprint: Blueprint, direction: str) -> str:
    """The zone one step in a direction; the direction itself where none is known."""
    zone = blueprint.placement.zone
    if zone is None or zone.value == "edge":
        return direction
    parts = zone.value.split("_") if zone.value != "center" else []
    vertical = next((part for part in parts if part in ("top", "bottom")), "center")
    horizontal = next((part for part in parts if part in ("left", "right")), "center")
    if direction in ("left", "right"):
        horizontal = _SHIFT[horizontal, direction]
    elif vertical not in ("center", direction):
        vertical = "center"
    else:
        vertical = direction
    named = [part for part in (vertical, horizontal) if part != "center"]
    return "_".join(named) or "center"


def _rotate(
    document: Document, blueprint: Blueprint, edits: Edits, match: Match, quantities: Sequence[Quantity]
) -> None:
    """`rotate by 30 degrees`, `um 30 Grad gedreht`; clockwise is negative."""
    near = [
        q for q in quantities if q.kind == "deg" and (0 <= q.start - match.end <= 3 or 0 <= match.start - q.end <= 2)
    ]
    if not near:
        return
    clockwise = any(other.entry.kind == "clockwise" for other in document.all("edit"))
    step = near[0].values[0][1] * (-1 if clockwise else 1)
    edits.changes["geometry.orientation_deg"] = float(((blueprint.geometry.orientation_deg or 0.0) + step) % 180.0)
    edits.use(match.start, match.end)
    edits.use(near[0].start, near[0].end)


def _count(document: Document, blueprint: Blueprint, edits: Edits, match: Match, table: str) -> bool:
    """`one more`, `two more`, `fewer`; whether it was a change of the count."""
    if table in ("more", "fewer"):
        _add_count(blueprint, edits, 1 if table == "more" else -1)
        return True
    if table == "many_more":
        _scale_count(blueprint, edits, 2.0)
        return True
    if table in ("more_words", "fewer_words"):
        for back in (1, 2):
            number = read_number(document.tokens, document.keys, match.start - back, document.lexicon)
            if number is not None and number.end == match.start and number.value == int(number.value):
                _add_count(blueprint, edits, int(number.value) * (1 if table == "more_words" else -1))
                edits.use(number.start, match.end)
                return True
    return False


def _add_count(blueprint: Blueprint, edits: Edits, step: int) -> None:
    low, high = (blueprint.count.min, blueprint.count.max) if blueprint.count is not None else (1, 1)
    edits.changes["count"] = {"min": max(1, low + step), "max": max(1, high + step)}


def _scale_count(blueprint: Blueprint, edits: Edits, factor: float) -> None:
    low, high = (blueprint.count.min, blueprint.count.max) if blueprint.count is not None else (1, 1)
    edits.changes["count"] = {"min": max(1, round(low * factor)), "max": max(1, round(high * factor))}
