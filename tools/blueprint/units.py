"""Lengths in whatever unit people write, to millimetres.

Everyday units come from a small table, because importing pint costs half a second; a test checks the table against
pint. Any other unit is pint's to know or not to know. Areas become the diameter of a disc of that area.
"""

from __future__ import annotations

import math
from functools import cache
from typing import Any

from tools.blueprint.errors import BlueprintError

MM_PER: dict[str, float] = {
    "mm": 1.0,
    "cm": 10.0,
    "dm": 100.0,
    "m": 1000.0,
    "um": 1e-3,
    "nm": 1e-6,
    "mil": 0.0254,
    "inch": 25.4,
    "foot": 304.8,
    "yard": 914.4,
}
"""Length units by the names that the vocabularies use, in millimetres."""
MM2_PER: dict[str, float] = {"mm2": 1.0, "cm2": 100.0}
"""Area units, in square millimetres."""
MAX_EVERYDAY_MM = 100_000.0
"""Longer than any part that is inspected with a camera: 100 m."""


class UnknownUnitError(BlueprintError):
    """Nobody knows this unit, or it measures no length."""


@cache
def _registry() -> Any:
    import pint

    return pint.UnitRegistry()


def to_mm(value: float, unit: str) -> float:
    """A length in millimetres, rounded to 12 significant digits.

    Args:
        value: the number.
        unit: a key of `MM_PER`, or any unit of length that pint knows (`angstrom`, `furlong`).

    Raises:
        UnknownUnitError: pint does not know it or it is not a length.
    """
    return tidy(value * (MM_PER[unit] if unit in MM_PER else _ask_pint(unit)))


def _ask_pint(unit: str) -> float:
    """Millimetres in one of this unit."""
    try:
        return float(_registry().Quantity(1.0, unit).to("millimeter").magnitude)
    except Exception as error:  # pint raises its own, and Python's errors for odd strings: either way nothing is known
        raise UnknownUnitError(f"{unit!r} is no unit of length that I know; use mm, cm, m, µm, mil or inch") from error


def is_known_length(unit: str) -> bool:
    """Whether `to_mm` can convert it."""
    try:
        to_mm(1.0, unit)
    except UnknownUnitError:
        return False
    return True


def disc_diameter_mm(area: float, unit: str) -> float:
    """The diameter of a disc of this area: `2 * sqrt(area / pi)`.

    Args:
        area: above zero.
        unit: a key of `MM2_PER`.
    """
    return tidy(2.0 * math.sqrt(area * MM2_PER[unit] / math.pi))


def tidy(value: float) -> float:
    """The value without the dust of binary fractions: 12 significant digits."""
    return float(f"{value:.12g}")
