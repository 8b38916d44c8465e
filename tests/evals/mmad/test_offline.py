"""Where `offline` has nothing to go by: chance, fair to options and letters, and the same every time."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from evals.mmad import offline
from evals.mmad.answerers import Case
from evals.mmad.layout import OBJECT_ANALYSIS, Question, read_questions
from evals.mmad.log import read_log
from evals.mmad.offline import Offline
from evals.mmad.protocol import Protocol
from evals.mmad.task import Task

WORDS = ("Grainy.", "Striped.", "Woven.", "Tiled.")


def case(number: int, subtask: str, options: dict[str, str], text: str = "What is it?") -> Case:
    """A question on one of many unlike photos, without detector and knowledge."""
    image = np.random.default_rng(number).integers(0, 255, (16, 16, 3), dtype=np.uint8)
    return Case(
        id=f"a/good/{number}#0", question=Question(subtask, subtask, text, options), options=options, image=image
    )


@pytest.mark.parametrize(
    "subtask", [OBJECT_ANALYSIS, "Defect Localization", "Defect Classification", "Defect Analysis"]
)
def test_no_option_and_no_letter_is_preferred_without_evidence(subtask: str) -> None:
    answerer = Offline()
    letters, words = Counter[str](), Counter[str]()
    for number in range(400):
        turned = WORDS[number % 4 :] + WORDS[: number % 4]
        options = dict(zip("ABCD", turned, strict=True))
        letter = answerer.answer(case(number, subtask, options)).letter
        assert letter is not None
        letters[letter] += 1
        words[options[letter]] += 1
    # Binomial(400, 1/4): 100 with a standard deviation of 8.7.
    assert all(65 <= count <= 135 for count in (*letters.values(), *words.values()))
    assert len(letters) == len(words) == 4


def test_chance_does_not_depend_on_order_or_on_the_id() -> None:
    answerer = Offline()
    for number in range(20):
        one = case(number, OBJECT_ANALYSIS, dict(zip("ABCD", WORDS, strict=True)))
        other = case(number, OBJECT_ANALYSIS, dict(zip("ABCD", WORDS[::-1], strict=True)))
        other = Case(id="elsewhere#9", question=one.question, options=other.options, image=other.image)
        first, second = answerer.answer(one), answerer.answer(other)
        assert first.letter is not None
        assert second.letter is not None
        assert one.options[first.letter] == other.options[second.letter]
        assert "chance among 4" in first.why


def test_products_that_nothing_speaks_for_are_left_to_chance(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        offline, "product_evidence", lambda _images, options, _known: (np.linspace(0, 0.4, len(options)), "little")
    )
    answers = Counter(
        Offline().answer(case(number, "Object Classification", dict(zip("ABCD", WORDS, strict=True)))).letter
        for number in range(200)
    )
    assert all(25 <= answers[letter] <= 75 for letter in "ABCD")


def test_good_photos_of_the_product_count_as_well(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[int] = []

    def count(images: tuple[object, ...], options: list[str], _known: object) -> tuple[np.ndarray, str]:
        seen.append(len(images))
        return np.arange(len(options), dtype=np.float64), "counted"

    monkeypatch.setattr(offline, "product_evidence", count)
    one = case(0, "Object Classification", dict(zip("ABCD", WORDS, strict=True)))
    more = Case(id=one.id, question=one.question, options=one.options, image=one.image, templates=(one.image,) * 3)
    assert Offline().answer(more).letter == "D"
    assert seen == [4]


def test_knowledge_is_read_only_where_the_condition_shows_it(two_hundred: Path, tmp_path: Path) -> None:
    questions = read_questions(two_hundred, two_hundred / "domain_knowledge.json")
    why: dict[str, set[str]] = {}
    for condition in ("alone", "detector", "knowledge", "both"):
        protocol = Protocol(limit=21, condition=condition)
        Task(questions, tmp_path / condition, "offline", protocol, detectors_folder=tmp_path / "detectors").run()
        lines = read_log(tmp_path / condition)
        why[condition] = {line["why"] for line in lines if line["subtask"].startswith("Object")}
        assert lines
    for condition, reasons in why.items():
        assert any("known" in reason for reason in reasons) == (condition in ("knowledge", "both"))
