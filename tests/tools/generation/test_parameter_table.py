"""The documentation lists the parameters that there are."""

from __future__ import annotations

from pathlib import Path

from tools.generation.parameter_table import parameter_table

PAGE = Path(__file__).resolve().parents[3] / "docs" / "generation.md"


def test_the_page_has_the_current_tables() -> None:
    assert parameter_table() in PAGE.read_text(), "write parameter_table() between the marks in docs/generation.md"
