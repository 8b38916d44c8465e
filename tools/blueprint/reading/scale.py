"""How many mm a pixel is: "0.05 mm per pixel", "50 µm/px", "20 px = 1 mm", "600 dpi"."""

from __future__ import annotations

from collections.abc import Sequence

from tools.blueprint.reading.dimensions import Quantity
from tools.blueprint.reading.document import Document
from tools.blueprint.reading.quantities import unit_at
from tools.blueprint.units import MM_PER, tidy, to_mm

_PER = frozenset(
    {"per", "/", "=", "is", "are", "equals", "corresponds", "pro", "je", "ist", "sind", "entspricht", "a", "each"}
)


def find_scale(document: Document, quantities: Sequence[Quantity]) -> tuple[float | None, frozenset[int]]:
    """Millimetres a pixel, and the first tokens of the quantities that say it (they are no sizes)."""
    for position, quantity in enumerate(quantities):
        following = quantities[position + 1] if position + 1 < len(quantities) else None
        found = _of(document, quantity, following)
        if found is not None and found > 0:
            used = {quantity.start}
            if following is not None and following.start <= quantity.end + 4:
                used.add(following.start)
            return tidy(found), frozenset(used)
    return None, frozenset()


def _of(document: Document, quantity: Quantity, following: Quantity | None) -> float | None:
    value = quantity.values[0][1]
    if quantity.kind == "other" and document.key(quantity.end - 1) == "dpi":
        return MM_PER["inch"] / value if value else None
    if quantity.kind == "length":
        return _of_length(document, quantity, following)
    if quantity.kind != "px" or document.key(quantity.end) not in _PER:
        return None
    if following is not None and following.kind == "length" and following.start <= quantity.end + 2:
        return to_mm(following.values[0][1], following.unit) / value if value else None
    unit = unit_at(document, quantity.end + 1)
    return to_mm(1.0, unit.value) / value if unit is not None and unit.value in MM_PER and value else None


def _of_length(document: Document, quantity: Quantity, following: Quantity | None) -> float | None:
    """`0.05 mm per pixel`, `1 mm = 20 px`, `pixel size 50 µm`."""
    length = to_mm(quantity.values[0][1], quantity.unit)
    joined = document.key(quantity.end) in _PER
    if joined and document.is_a(quantity.end + 1, "pixel_words"):
        return length
    if joined and following is not None and following.kind == "px" and following.start == quantity.end + 1:
        return length / following.values[0][1] if following.values[0][1] else None
    return length if _headed(document, quantity) else None


def _headed(document: Document, quantity: Quantity) -> bool:
    """`pixel size 50 µm`, `scale: 0.05 mm`."""
    cursor = quantity.lead
    while document.key(cursor - 1) in (":", "=", "of", "is", "von", "ist"):
        cursor -= 1
    heading = document.ending(cursor, "scale_words")
    return heading is not None and document.key(heading.start) != "resolution"
