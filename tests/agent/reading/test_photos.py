"""Which photo of a list a sentence means."""

import pytest

from agent.reading.photos import WORST, names_worst, read_photo

NAMES = ["bolt_1.png", "bolt_2.png", "bolt_12.png", "good.png", "Teil 7 (links).PNG"]


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("why is bolt_2 bad?", "bolt_2.png"),
        ("why was bolt_2.png rejected", "bolt_2.png"),
        ("what is wrong with Bolt 12?", "bolt_12.png"),
        ("why is good.png not good?", "good.png"),
        ("warum ist Teil 7 (links).PNG schlecht?", "Teil 7 (links).PNG"),
        ("why is the third one bad?", "bolt_12.png"),
        ("and the 2nd?", "bolt_2.png"),
        ("warum wurde das zweite abgelehnt?", "bolt_2.png"),
        ("was stimmt mit Bild 1 nicht", "bolt_1.png"),
        ("why did photo 3 fail", "bolt_12.png"),
        ("is the last one ok?", "Teil 7 (links).PNG"),
        ("why is the ninth one bad", "9"),
        ("write the report on the worst one", WORST),
        ("das schlimmste bitte", WORST),
        ("why is it good?", None),
        ("why is this a crack and not a scratch?", None),
        ("what should I check first?", None),
        ("it failed for the second time", None),
        ("is 0.8 a high score", None),
    ],
)
def test_by_name_by_place_or_the_worst(text: str, name: str | None) -> None:
    assert read_photo(text, NAMES) == name


@pytest.mark.parametrize("text", ["which is the worst?", "the most severe part", "welches hat den höchsten Score?"])
def test_the_worst_of_several(text: str) -> None:
    assert names_worst(text)
