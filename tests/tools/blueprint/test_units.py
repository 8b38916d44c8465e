"""The table of units against pint; conversions there and back."""

from __future__ import annotations

import pint
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tools.blueprint.units import MM2_PER, MM_PER, UnknownUnitError, disc_diameter_mm, to_mm

_PINT = {"um": "micrometer", "nm": "nanometer", "mil": "thou", "dm": "decimeter"}


def test_the_table_agrees_with_pint() -> None:
    registry = pint.UnitRegistry()
    for unit, factor in MM_PER.items():
        assert registry.Quantity(1.0, _PINT.get(unit, unit)).to("mm").magnitude == pytest.approx(factor)
    for unit, factor in MM2_PER.items():
        assert registry.Quantity(1.0, f"{unit[:-1]}**2").to("mm**2").magnitude == pytest.approx(factor)


@settings(max_examples=60, deadline=None)
@given(st.floats(1e-3, 1e4), st.sampled_from(sorted(MM_PER)))
def test_round_trip(value: float, unit: str) -> None:
    assert to_mm(value, unit) / MM_PER[unit] == pytest.approx(value, rel=1e-9)


def test_pint_knows_the_rest() -> None:
    assert to_mm(1.0, "furlong") == pytest.approx(201_168.0, rel=1e-4)


@pytest.mark.parametrize("unit", ["blip", "kg", "", "mm mm"])
def test_no_length(unit: str) -> None:
    with pytest.raises(UnknownUnitError, match="unit of length"):
        to_mm(1.0, unit)


def test_disc() -> None:
    assert disc_diameter_mm(3.14159265358979, "mm2") == pytest.approx(2.0)
