import pytest

from knowledge.glossary import to_english


@pytest.mark.parametrize(
    ("question", "words"),
    [
        ("Lötbrücke zwischen zwei Pins, was tun?", ["solder bridge", "between"]),
        ("Gratbildung an der Trennebene", ["burr", "parting line"]),
        ("Schleifrisse", ["grinding", "crack"]),
        ("Das Teil ist nicht vollständig gefüllt", ["not completely filled"]),
        ("Rostflecken nach der Lagerung", ["rust", "storage"]),
        ("이 균열의 원인은?", ["crack", "cause"]),
    ],
)
def test_german_and_korean_become_english_words(question: str, words: list[str]):
    english = to_english(question)
    assert all(word in english for word in words), english


@pytest.mark.parametrize(
    "question",
    [
        "why does the weld crack?",
        "die casting with gas pores",
        "aluminium sticks to the die and tears the surface",
        "pellets in the form of a lot",
        "12.5 mm",
        "",
        "???",
    ],
)
def test_english_and_nonsense_stay_as_they_are(question: str):
    assert to_english(question) == question
