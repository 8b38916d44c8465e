"""What models say, and which option that is."""

from __future__ import annotations

import pytest

from evals.mmad.parse import parse_letter

OPTIONS = {"A": "Yes.", "B": "No."}
PLACES = {"A": "Top.", "B": "Top left.", "C": "Center.", "D": "Bottom."}


@pytest.mark.parametrize(
    ("said", "letter"),
    [
        ("A", "A"),
        ("B.", "B"),
        ("**B**", "B"),
        ("(A)", "A"),
        ("The answer is B.", "B"),
        ("1. Answer: B.", "B"),
        ("A scratch is visible, so the answer is B", "B"),
        ("<think>A? No, B.</think><answer>A</answer>", "A"),
        ("Option A: Yes", "A"),
        ("A. Yes.", "A"),
        ("yes", "A"),
        ("I cannot answer a question like that", None),
        ("Sorry.", None),
        ("", None),
        ("C", None),
        ("Either A or B", None),
    ],
)
def test_letters(said: str, letter: str | None) -> None:
    assert parse_letter(said, OPTIONS) == letter


def test_repeated_words_choose_the_longest_option_that_holds_the_others() -> None:
    assert parse_letter("It lies at the top left.", PLACES) == "B"
    assert parse_letter("top or bottom", PLACES) is None
