"""What is known so far about a Blueprint: values with their origins, questions and warnings."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from pydantic import BaseModel, ConfigDict

from tools.blueprint.lexicon import get_lexicon
from tools.blueprint.model import Origin

MAX_QUESTIONS = 3
UNCLEAR = frozenset({"unknown_unit", "odd_unit", "no_unit", "not_a_length", "not_positive", "two_sizes"})
"""Questions about what was said and cannot be used."""
_ORDER = ("defect_type", "geometry", "count", "mm_per_px", "")


class Question(BaseModel):
    """Something that the text does not say or says twice, put to the user.

    Attributes:
        field: the Blueprint's field path.
        text: the question, in the user's language.
        options: answers to offer; free text is always welcome.
        unclear: the text does say something here, but nothing that can be used (an unknown unit, two sizes).
    """

    model_config = ConfigDict(frozen=True)

    field: str
    text: str
    options: tuple[str, ...] = ()
    unclear: bool = False


@dataclass
class Draft:
    """Values by field path, each with where it came from."""

    language: str
    values: dict[str, Any] = field(default_factory=dict)
    origins: dict[str, Origin] = field(default_factory=dict)
    questions: list[Question] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)

    def put(self, path: str, value: Any, origin: Origin) -> None:
        """Set a field."""
        self.values[path] = value
        self.origins[path] = origin

    def say(self, name: str, **values: object) -> str:
        """A text for people, in the user's language."""
        texts: Mapping[str, str] = get_lexicon(self.language).questions["texts"]
        return texts[name].format(**values)

    def ask(self, path: str, name: str, options: tuple[str, ...] = (), **values: object) -> None:
        """Add a question; one a field."""
        if not any(question.field == path for question in self.questions):
            text, unclear = self.say(name, **values), name in UNCLEAR
            self.questions.append(Question(field=path, text=text, options=options, unclear=unclear))

    def warn(self, name: str, **values: object) -> None:
        """Add a warning, once."""
        text = self.say(name, **values)
        if text not in self.warnings:
            self.warnings.append(text)

    def sorted_questions(self) -> tuple[Question, ...]:
        """The most needed questions first, at most `MAX_QUESTIONS`."""

        def rank(question: Question) -> int:
            return next(i for i, prefix in enumerate(_ORDER) if question.field.startswith(prefix))

        return tuple(sorted(self.questions, key=rank)[:MAX_QUESTIONS])
