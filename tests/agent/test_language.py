from __future__ import annotations

import pytest

from agent.language import detect_language


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("a 3 mm scratch on brass", "en"),
        ("ein Kratzer auf Messing", "de"),
        ("wie weit bist du?", "de"),
        ("größer", "de"),
        ("show me two candidates", "en"),
    ],
)
def test_language_of_a_message(text: str, language: str) -> None:
    assert detect_language(text) == language


def test_what_does_not_tell_keeps_the_language() -> None:
    assert detect_language("2", "de") == "de"
    assert detect_language("patchcore", "en") == "en"
