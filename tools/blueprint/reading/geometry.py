"""From the defect's sizes to length, width, depth and diameter.

A bare size is the type's main one: the length of a scratch, crack, chip or missing part, the diameter of the others.
`3 x 5 mm` is length and width, the longer being the length; a third number is the depth. A height is a depth, a radius
half a diameter. Of an unknown type a bare size is the length.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from tools.blueprint.lexicon import get_lexicon
from tools.blueprint.model import Origin, PositiveRange
from tools.blueprint.reading.appended import Owner
from tools.blueprint.reading.counting import is_single
from tools.blueprint.reading.dimensions import Quantity
from tools.blueprint.reading.document import Document
from tools.blueprint.reading.draft import Draft
from tools.blueprint.reading.mentions import Topic
from tools.blueprint.reading.sizes import Owned
from tools.blueprint.registry import DEFECT_TYPES
from tools.blueprint.units import MM_PER, UnknownUnitError, disc_diameter_mm, tidy, to_mm

_ELONGATED = frozenset({"scratch", "crack", None})
_BOUND_RATIO = {"upper": 0.1, "lower": 2.0}
"""An open end is closed a tenth below an upper bound, twice above a lower one; a warning says so."""


@dataclass(frozen=True)
class Claim:
    """One value for one field, and where it was said."""

    path: str
    value: PositiveRange
    origin: Origin
    quantity: Quantity
    noun_start: int


def put_sizes(document: Document, draft: Draft, owned: Sequence[Owned], topic: Topic, mm_per_px: float | None) -> None:
    """Fill `geometry.*_mm` of a draft from the sizes that are the defect's, and ask where they do not fit together."""
    claims: list[Claim] = []
    for item in owned:
        if item.owner is Owner.DEFECT:
            claims.extend(_claims(document, draft, item, topic, mm_per_px))
    single = is_single(document, topic)
    for path in dict.fromkeys(claim.path for claim in claims):
        _decide(document, draft, path, [claim for claim in claims if claim.path == path], single=single)


def main_field(topic_name: str | None, document: Document | None = None, topic: Topic | None = None) -> str:
    """The field that a bare size means."""
    if document is not None and topic is not None and topic.mention is not None:
        long = any(m.match.entry.kind == "long" and m.name == topic_name and not m.denied for m in topic.mentions)
        if long:
            return "length_mm"
    return DEFECT_TYPES[topic_name].main_size if topic_name in DEFECT_TYPES else "length_mm"


def _claims(document: Document, draft: Draft, item: Owned, topic: Topic, mm_per_px: float | None) -> list[Claim]:
    quantity = item.quantity
    fields = _fields(document, quantity, topic)
    ranges = _ranges_mm(document, draft, quantity, f"geometry.{fields[0]}", mm_per_px)
    if ranges is None:
        return []
    if quantity.kind == "area":
        fields = ["diameter_mm"]
    if len(ranges) > 1:
        flat = sorted(ranges[:2], key=lambda r: -r.max)
        ranges = [*flat, *ranges[2:]]
    start = item.noun.start if item.noun is not None else -1
    guessed = quantity.kind == "area" or (
        quantity.bound is not None and any(low == high for low, high in quantity.values)
    )
    origin = Origin.INFERRED if guessed else Origin.SAID
    return [
        Claim(f"geometry.{name}", value, origin, quantity, start) for name, value in zip(fields, ranges, strict=False)
    ]


def _fields(document: Document, quantity: Quantity, topic: Topic) -> list[str]:
    """The fields that a quantity's factors fill."""
    if len(quantity.values) > 1:
        return ["length_mm", "width_mm", "depth_mm"]
    main = main_field(topic.name, document, topic)
    if quantity.dimension == "thickness":
        return ["width_mm" if topic.name in _ELONGATED else "depth_mm"]
    if quantity.dimension == "radius":
        return ["diameter_mm"]
    if quantity.dimension not in (None, "across"):
        return [str(quantity.dimension)]
    return [main]


def _ranges_mm(
    document: Document, draft: Draft, quantity: Quantity, path: str, mm_per_px: float | None
) -> list[PositiveRange] | None:
    """The factors in mm; None where they cannot be used, a question then says why."""
    surface = quantity.surface(document)
    if quantity.kind == "unknown":
        _ask_unit(draft, quantity, path, surface)
        return None
    if quantity.kind in ("other", "bare"):
        draft.ask(path, "not_a_length" if quantity.kind == "other" else "no_unit", surface=surface)
        return None
    if quantity.kind == "px" and mm_per_px is None:
        draft.ask("mm_per_px", "need_scale", surface=surface)
        return None
    ranges = []
    for low, high in quantity.values:
        if low <= 0 or high <= 0:
            draft.ask(path, "not_positive", surface=surface)
            return None
        ranges.append(_range(low, high, quantity, mm_per_px))
    return [_closed(draft, value, quantity.bound, surface) for value in ranges]


def _range(low: float, high: float, quantity: Quantity, mm_per_px: float | None) -> PositiveRange:
    if quantity.kind == "area":
        low, high = disc_diameter_mm(low, quantity.unit), disc_diameter_mm(high, quantity.unit)
    elif quantity.kind == "px" and mm_per_px is not None:
        low, high = tidy(low * mm_per_px), tidy(high * mm_per_px)
    else:
        double = 2.0 if quantity.dimension == "radius" else 1.0
        low, high = to_mm(low * double, quantity.unit), to_mm(high * double, quantity.unit)
    return PositiveRange(min=low, max=high)


def _closed(draft: Draft, value: PositiveRange, bound: str | None, surface: str) -> PositiveRange:
    if bound is None or value.min != value.max:
        return value
    other = tidy(value.max * _BOUND_RATIO[bound])
    closed = PositiveRange(min=min(other, value.max), max=max(other, value.max))
    draft.warn(f"{bound}_only", surface=surface, low=f"{closed.min:g}", high=f"{closed.max:g}")
    return closed


def _ask_unit(draft: Draft, quantity: Quantity, path: str, surface: str) -> None:
    try:
        unit = quantity.unit if quantity.unit in MM_PER else quantity.unit.lower().removesuffix("s")
        size = to_mm(quantity.values[0][1], unit)
        draft.ask(path, "odd_unit", surface=surface, mm=f"{size:g}")
    except UnknownUnitError:
        draft.ask(path, "unknown_unit", surface=surface)


def _decide(document: Document, draft: Draft, path: str, claims: Sequence[Claim], *, single: bool) -> None:
    """One value for a field: agreed, a range over several defects, or a question."""
    first = claims[0]
    if all(claim.value == first.value for claim in claims):
        draft.put(path, first.value, first.origin)
        return
    moved = _named_one_holds(draft, path, claims)
    if moved:
        return
    if _of_several(document, claims, single):
        low, high = min(claim.value.min for claim in claims), max(claim.value.max for claim in claims)
        draft.put(path, PositiveRange(min=low, max=high), Origin.SAID)
        draft.warn("several_sizes", low=f"{low:g}", high=f"{high:g}")
        return
    sizes = get_lexicon(draft.language).questions["sizes"]
    surfaces = [claim.quantity.surface(document) for claim in claims]
    different = list(dict.fromkeys(surfaces))
    draft.ask(
        path,
        "two_sizes",
        tuple(different),
        size=sizes[path.removeprefix("geometry.")],
        first=different[0],
        second=different[-1],
    )


def _named_one_holds(draft: Draft, path: str, claims: Sequence[Claim]) -> bool:
    """Of two values only one was named as this dimension: that one holds."""
    named = [claim for claim in claims if claim.quantity.dimension not in (None, "across")]
    values = {(claim.value.min, claim.value.max) for claim in named}
    if not named or len(values) > 1 or len(named) == len(claims):
        return False
    draft.put(path, named[0].value, named[0].origin)
    return True


def _of_several(document: Document, claims: Sequence[Claim], single: bool) -> bool:
    """Whether the sizes are those of several defects: "a 3 mm and a 5 mm scratch", two mentions; "a scratch 3 mm long
    and 8 mm long" contradicts itself.
    """
    spans = sorted((claim.quantity.lead, claim.quantity.tail) for claim in claims)
    nouns = {claim.noun_start for claim in claims}
    if len(nouns) == len(claims) and -1 not in nouns:
        return True
    if single and all(-1 < claim.noun_start < claim.quantity.lead for claim in claims):
        return False
    for (_, end), (start, _) in pairwise(spans):
        between = [document.key(index) for index in range(end, start)]
        if not set(between) & {"and", "und", "&", "resp", "bzw", "respectively"}:
            return False
    dimensions = {claim.quantity.dimension for claim in claims}
    return len(dimensions) == 1
