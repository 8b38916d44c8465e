"""The twelve types, and adding one."""

from __future__ import annotations

import dataclasses

import pytest

from tools.blueprint.errors import BlueprintError
from tools.blueprint.parser import parse
from tools.blueprint.registry import DEFECT_TYPES, get_defect_type, register_defect_type


def test_the_twelve() -> None:
    names = "scratch crack dent void stain corrosion contamination missing_part chip bump discolouration hole"
    assert list(DEFECT_TYPES) == names.split()
    for kind in DEFECT_TYPES.values():
        assert set(kind.label) == {"en", "de"}
        assert kind.size_fields[0] == kind.main_size


def test_the_parser_knows_a_new_type_by_its_label(monkeypatch: pytest.MonkeyPatch) -> None:
    wrinkle = dataclasses.replace(get_defect_type("scratch"), name="ripple", label={"en": "ripple", "de": "Riffelung"})
    monkeypatch.setitem(DEFECT_TYPES, "ripple", wrinkle)
    assert parse("two ripples, 5 mm long").blueprint.defect_type == "ripple"
    assert parse("eine Riffelung auf dem Blech").blueprint.defect_type == "ripple"


def test_add_and_refuse() -> None:
    scratch = get_defect_type("scratch")
    try:
        assert register_defect_type(dataclasses.replace(scratch, name="wrinkle")).name == "wrinkle"
    finally:
        DEFECT_TYPES.pop("wrinkle", None)
    for changes, message in (
        ({}, "already"),
        ({"name": "No Name"}, "no name"),
        ({"name": "x", "label": {"de": "x"}}, "English"),
        ({"name": "x", "main_size": "diameter_mm"}, "main size"),
    ):
        with pytest.raises(BlueprintError, match=message):
            register_defect_type(dataclasses.replace(scratch, **changes))
    with pytest.raises(BlueprintError, match="no defect type"):
        get_defect_type("nothing")
