"""Families of parts from words."""

from __future__ import annotations

import pytest

from knowledge.families import family_of


@pytest.mark.parametrize(
    ("words", "family"),
    [
        ("why do castings get voids", "casting"),
        ("a gear", "metal"),
        ("gears and shafts", "metal"),
        ("100 pcs", None),
        ("magnetic tiles", "magnetic_tile"),
        ("ceramic tiles", "ceramic"),
        ("glass", "glass"),
        ("something", None),
    ],
)
def test_a_family_is_known_by_its_words_also_in_the_plural(words: str, family: str | None) -> None:
    assert family_of(words) == family
