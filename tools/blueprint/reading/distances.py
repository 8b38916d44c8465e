"""Which lengths say how far away something is: "10 mm from the edge", "every 5 mm", "im Abstand von 3 mm"."""

from __future__ import annotations

from tools.blueprint.reading.dimensions import Quantity
from tools.blueprint.reading.document import Document, Match

_ALWAYS = frozenset({"apart", "away", "entfernt", "auseinander", "spacing", "distance", "pitch"})
_EXTENDS = frozenset(
    {"extends", "extending", "runs", "running", "spans", "reaches", "goes", "extend", "verlaeuft", "reicht"}
)
_MOSTLY = frozenset({"from", "off", "vom", "neben", "abstand", "weg"})


def is_distance(document: Document, quantity: Quantity) -> bool:
    """Whether it says how far from something, not how big."""
    before = document.ending(quantity.lead, "distance_before") or _before_preposition(document, quantity)
    if before is not None:
        return not (quantity.dimension and document.key(before.start) in ("within", "position"))
    if quantity.dimension not in (None, "across"):
        return False
    after = document.starting(quantity.end, "distance_after")
    if after is None or document.key(quantity.lead - 1) in _EXTENDS:
        return False
    return _tells_distance(document, after)


def _tells_distance(document: Document, after: Match) -> bool:
    """Whether the word after a length makes it a distance: always, or only before "the edge" and the like."""
    word = document.key(after.start)
    if after.end - after.start > 1 or word in _ALWAYS:
        return True
    if document.starting(after.start, "orientation", "orientation_inferred", "not_zone"):
        return False
    if word in _MOSTLY:
        return True
    return document.is_a(after.end, "definite", "zone") and word not in ("inside", "outside", "behind", "in")


def _before_preposition(document: Document, quantity: Quantity) -> Match | None:
    """`at a distance of about 10 mm`: the distance word may be one step further."""
    cursor = quantity.lead
    if document.key(cursor - 1) in ("of", "von", "is", "ist", ":"):
        return document.ending(cursor - 1, "distance_before")
    return None
