from __future__ import annotations

import pytest

from agent.reading.reason import GERMAN, read_back, read_reason
from tools.evolution.levers import CHIPS


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("too dark", (None, "too dark")),
        ("Still a bit too wide!", (None, "too wide")),
        ("2, still too dark", ("2", "too dark")),
        ("the left one, but the edge is too sharp", ("1", "edge too sharp")),
        ("zu hell", (None, "too bright")),
        ("Rand zu weich", (None, "edge too soft")),
        ("wrong place", (None, "wrong place")),
        ("both too regular", (None, "too regular")),
        ("make it too dark to see and export 20 images", None),
        ("darker please", None),
        ("1", None),
    ],
)
def test_reasons(text: str, expected: tuple[str | None, str] | None) -> None:
    assert read_reason(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [("back to 3", 3), ("Go back to candidate 12.", 12), ("zurück zu Kandidat 2", 2), ("back to version 2", None)],
)
def test_back(text: str, expected: int | None) -> None:
    assert read_back(text) == expected


def test_every_chip_has_german_words() -> None:
    assert set(CHIPS) <= set(GERMAN)
