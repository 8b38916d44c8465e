"""The seam of an answerer: a question with its pictures → an option; and the baselines that need neither.

An answerer never gets a path or a right answer: a `Case` holds pixels, the question and what a detector saw. New
answerers are a module and a line in `build_answerer`.
"""

from __future__ import annotations

import hashlib
import random
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

from evals.mmad.layout import Question, QuestionSet
from evals.mmad.match import plain
from tools.vision.types import RgbImage

if TYPE_CHECKING:
    from evals.mmad.evidence import Finding


@dataclass(frozen=True)
class Turn:
    """An earlier question on the same image, and what was answered."""

    question: Question
    options: Mapping[str, str]
    said: str


@dataclass(frozen=True)
class Case:
    """Everything that may be known when one question is answered."""

    id: str
    """Tells questions apart; answerers may only use it to seed chance."""
    question: Question
    options: Mapping[str, str]
    """As they are shown: the question's own, or shuffled."""
    image: RgbImage
    templates: tuple[RgbImage, ...] = ()
    """Photos of good parts of the same product."""
    history: tuple[Turn, ...] = ()
    finding: Finding | None = None
    """What the detector saw, where the condition has one."""
    knowledge: Mapping[str, str] = field(default_factory=dict)
    """Defect type or `good` → text, of the product."""


@dataclass(frozen=True)
class Reply:
    """An answer. `letter` is one of the shown ones, None where nothing usable was said."""

    letter: str | None
    said: str
    why: str = ""
    tokens_in: int | None = None
    tokens_out: int | None = None


class Answerer(Protocol):
    """Chooses one of the options."""

    name: str

    def answer(self, case: Case) -> Reply:
        """Answer one question.

        Raises:
            ModelError: a model that cannot be used at all; one bad reply is `Reply(None, …)` instead.
        """
        ...


class AlwaysFirst:
    """Says the first option, whatever is asked."""

    name = "always-a"

    def answer(self, case: Case) -> Reply:
        """See `Answerer`."""
        letter = next(iter(case.options))
        return Reply(letter, letter)


class Chance:
    """Says any option, the same one for the same question and seed."""

    name = "random"

    def __init__(self, seed: int = 0) -> None:
        self._seed = seed

    def answer(self, case: Case) -> Reply:
        """See `Answerer`."""
        letters = sorted(case.options)
        letter = random.Random(f"{self._seed} {case.id}").choice(letters)
        return Reply(letter, letter)


class Majority:
    """Says what is right most often in the other half of the images: of their answers' words, else of their letters.

    It sees labels (of other images), which no other answerer does: a bar for what wording and letters alone give away.
    """

    name = "majority"

    def __init__(self, questions: QuestionSet) -> None:
        self._words: dict[tuple[int, str], Counter[str]] = {}
        self._letters: dict[tuple[int, str], Counter[str]] = {}
        for item in questions.items:
            half = _half(item.key)
            for question, answer in zip(item.questions, item.answers, strict=True):
                place = (half, question.subtask)
                self._words.setdefault(place, Counter())[plain(question.options[answer])] += 1
                self._letters.setdefault(place, Counter())[answer] += 1

    def answer(self, case: Case) -> Reply:
        """See `Answerer`."""
        place = (1 - _half(case.id.rpartition("#")[0]), case.question.subtask)
        words, letters = self._words.get(place, Counter()), self._letters.get(place, Counter())
        best = max(
            case.options, key=lambda letter: (words[plain(case.options[letter])], letters[letter], -ord(letter[0]))
        )
        return Reply(best, best)


def _half(key: str) -> int:
    return hashlib.sha256(key.encode()).digest()[0] % 2


BASELINES: dict[str, Callable[[QuestionSet, int], Answerer]] = {
    "always-a": lambda _questions, _seed: AlwaysFirst(),
    "random": lambda _questions, seed: Chance(seed),
    "majority": lambda questions, _seed: Majority(questions),
}


def build_answerer(name: str, questions: QuestionSet, *, seed: int = 0, examples: Sequence[str] = ()) -> Answerer:
    """An answerer by name: `offline`, a baseline, or `provider:model` through LangChain.

    Raises:
        ModelError: the model's name, package or key is missing.
        MmadInputError: no such answerer.
    """
    if name in BASELINES:
        return BASELINES[name](questions, seed)
    if name == "offline":
        from evals.mmad.offline import Offline

        return Offline(examples=examples)
    from evals.mmad.model import ModelAnswerer

    return ModelAnswerer.from_name(name)
