"""Where and how it lies: zone, orientation, distribution, curvature."""

from __future__ import annotations

from collections.abc import Sequence

from tools.blueprint.model import Distribution, Origin, Range, Zone
from tools.blueprint.reading.dimensions import CLOCK_WORDS, Quantity
from tools.blueprint.reading.document import Document, Match
from tools.blueprint.reading.draft import Draft
from tools.blueprint.reading.mentions import Topic
from tools.blueprint.reading.numbers import read_number
from tools.blueprint.reading.phrases import noun_at

_VERTICAL = {"top", "bottom"}
_HORIZONTAL = {"left", "right"}
_MAX_APART = 7
_CURVATURE = {"straight": (0.0, 0.0), "slight": (0.05, 0.2), "curved": (0.2, 0.5), "half_circle": (0.8, 1.0)}
_CLOCK = {
    1: "top_right", 2: "top_right", 3: "right", 4: "bottom_right", 5: "bottom_right", 6: "bottom",
    7: "bottom_left", 8: "bottom_left", 9: "left", 10: "top_left", 11: "top_left", 12: "top",
}  # fmt: skip
_SPREAD_FREE_DEG = 90.0


def put_places(
    document: Document, draft: Draft, topic: Topic, denied: frozenset[int], quantities: Sequence[Quantity]
) -> None:
    """Fill placement and orientation of a draft."""
    _put_zone(document, draft, topic, denied, quantities)
    _put_orientation(document, draft, denied, quantities)
    for match in document.all("distribution"):
        if match.start not in denied and not _attributive(document, match):
            draft.put("placement.distribution", Distribution(match.value), Origin.SAID)
            break
    for match in document.all("curvature"):
        if match.start not in denied and not _of_part(document, match):
            low, high = _CURVATURE[match.value]
            draft.put("geometry.curvature", Range(min=low, max=high), Origin.INFERRED)
            break


def _attributive(document: Document, match: Match) -> bool:
    """`random orientation` speaks of orientation."""
    return document.starting(match.start, "orientation_free") is not None


def _of_part(document: Document, match: Match) -> bool:
    """`curved housing`: an adjective of the part."""
    noun = noun_at(document, match.end)
    return noun is not None and noun.category in ("part", "material")


def _put_zone(
    document: Document, draft: Draft, topic: Topic, denied: frozenset[int], quantities: Sequence[Quantity]
) -> None:
    clock = _clock(document)
    if clock is not None:
        draft.put("placement.zone", Zone(clock), Origin.SAID)
        return
    usable = [match for match in _zones(document) if not _is_denied(match, denied)]
    if not usable:
        return
    strong = [match for match in usable if not _weak(document, match, quantities)]
    chosen = strong or usable
    first = _nearest(chosen, topic)
    value = _combined(document, first, usable)
    draft.put("placement.zone", Zone(value), Origin.SAID if strong else Origin.INFERRED)
    other = [match.value for match in strong if match.value not in (value, first.value) and match.value not in value]
    if value == first.value and other and other[0] not in ("edge",) and first.value != "edge":
        draft.warn("several_zones", zone=value)


def _is_denied(match: Match, denied: frozenset[int]) -> bool:
    return match.end - 1 in denied


def _zones(document: Document) -> list[Match]:
    """Zone words that are places here, in reading order; the longest at each place."""
    found: list[Match] = []
    for match in document.all("zone"):
        if any(other.start <= match.start and match.end <= other.end for other in found):
            continue
        if any(o.start <= match.start and match.end <= o.end for o in document.all("not_zone", "edge_look")):
            continue
        if match.value in ("left", "right") and match.end - match.start == 1 and _is_other_word(document, match):
            continue
        found.append(match)
    return found


def _is_other_word(document: Document, match: Match) -> bool:
    """ "right in the middle", "the tool left a mark"."""
    if document.language != "en":
        return False
    after, before = match.end, match.start - 1
    if match.value == "right":
        return (
            document.is_a(after, "prepositions")
            and document.key(after) not in ("of", "from")
            and not document.is_a(before, "determiners", "prepositions")
        )
    verb = document.is_a(after, "indefinite") or document.key(after) in ("behind", "over", "by")
    return verb and not document.is_a(before, "determiners", "prepositions", "adjective")


def _weak(document: Document, match: Match, quantities: Sequence[Quantity]) -> bool:
    """A place that only measures a distance, or that belongs to the part's name ("top plate")."""
    if any(q.end <= match.start <= q.end + 5 and document.ending(match.start, "distance_after") for q in quantities):
        return True
    for q in quantities:
        after = document.starting(q.end, "distance_after") if q.kind == "length" else None
        if after is not None and after.end <= match.start <= after.end + 2:
            return True
    noun = noun_at(document, match.end)
    single = match.end - match.start == 1
    return single and noun is not None and noun.category == "part"


def _nearest(matches: Sequence[Match], topic: Topic) -> Match:
    """The place that stands nearest to the defect's name; a corner or side before a bare "edge"."""
    if topic.mention is None:
        return matches[0]
    here = topic.mention.match

    def apart(match: Match) -> tuple[bool, int]:
        gap = match.start - here.end if match.start >= here.end else here.start - match.end + 3
        return match.value == "edge" and len(matches) > 1, gap

    return min(matches, key=apart)


def _combined(document: Document, first: Match, matches: Sequence[Match]) -> str:
    """`at the bottom, on the left` is bottom left; `left edge` is left; `middle of the top` is top."""
    for other in matches:
        apart = max(first.start, other.start) - min(first.end, other.end)
        if (
            other is first
            or apart > _MAX_APART
            or document.sentence_of(first.start) != document.sentence_of(other.start)
        ):
            continue
        pair = {first.value, other.value}
        vertical, horizontal = pair & _VERTICAL, pair & _HORIZONTAL
        if vertical and horizontal:
            return f"{vertical.pop()}_{horizontal.pop()}"
        if first.value in ("edge", "center") and other.value in (_VERTICAL | _HORIZONTAL):
            return other.value
    return first.value


def _clock(document: Document) -> str | None:
    """`at 3 o'clock` is right, `twelve o'clock` is top."""
    for index in range(len(document.tokens) - 1):
        if document.key(index + 1) in CLOCK_WORDS:
            hour = read_number(document.tokens, document.keys, index, document.lexicon)
            if hour is not None and hour.value.is_integer():
                return _CLOCK.get(int(hour.value))
    return None


def _put_orientation(document: Document, draft: Draft, denied: frozenset[int], quantities: Sequence[Quantity]) -> None:
    for quantity in quantities:
        if quantity.kind == "deg" and quantity.start not in denied and _is_orientation(document, quantity):
            low, high = quantity.values[0]
            angle = (low + high) / 2
            if _from_vertical(document, quantity):
                angle = 90.0 - angle
            draft.put("geometry.orientation_deg", float(angle % 180.0), Origin.SAID)
            if high > low:
                draft.put("geometry.orientation_spread_deg", min(90.0, (high - low) / 2), Origin.SAID)
            return
    for category, origin in (("orientation", Origin.SAID), ("orientation_inferred", Origin.INFERRED)):
        for match in document.all(category):
            if match.start in denied or _names_part(document, match):
                continue
            draft.put("geometry.orientation_deg", float(match.value), origin)
            return
    if document.all("orientation_free"):
        draft.put("geometry.orientation_spread_deg", _SPREAD_FREE_DEG, Origin.INFERRED)


def _is_orientation(document: Document, quantity: Quantity) -> bool:
    """Not a temperature, not the angle of a bend."""
    low, high = quantity.values[0]
    if not -360.0 <= low <= high <= 360.0:
        return False
    after = noun_at(document, quantity.end)
    if after is not None and after.category == "part":
        return False
    return document.key(quantity.end) not in ("bend", "corner", "elbow", "c", "f", "celsius", "turn", "view", "camera")


def _from_vertical(document: Document, quantity: Quantity) -> bool:
    words = [document.key(index) for index in range(quantity.end, quantity.end + 4)]
    return bool({"vertical", "vertikalen", "senkrechten"} & set(words)) and bool(
        {"from", "to", "off", "zur", "von"} & set(words)
    )


def _names_part(document: Document, match: Match) -> bool:
    """`the vertical wall`: an adjective of the part, not of the defect."""
    noun = noun_at(document, match.end)
    word = document.key(match.end - 1)
    if noun is None or noun.category not in ("part", "material"):
        return False
    return document.language == "de" or not word.endswith("ly")
