"""What the template writer says, one JSON file a language."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from agent.report.errors import ReportInputError
from agent.report.facts import canonical_type
from agent.report.schema import LANGUAGES
from tools.detection.regions import UNKNOWN_TYPE


@dataclass(frozen=True)
class Phrases:
    """The words of one language."""

    language: str
    types: Mapping[str, str]
    type_plurals: Mapping[str, str]
    zones: Mapping[str, str]
    severities: Mapping[str, str]
    verdicts: Mapping[str, str]
    sentences: Mapping[str, str]
    labels: Mapping[str, str]

    def say(self, name: str, **values: object) -> str:
        """One sentence, filled in."""
        return self.sentences[name].format(**values)

    def type_name(self, name: str) -> str:
        """A defect type in words; a type that nobody translated stays as it is."""
        if name == UNKNOWN_TYPE:
            return self.types["unknown"]
        return self.types.get(name) or self.types.get(canonical_type(name)) or name.replace("_", " ")

    def type_plural(self, name: str) -> str:
        """The plural of `type_name`."""
        return self.type_plurals.get(name) or self.type_plurals.get(canonical_type(name)) or self.type_name(name)

    def number(self, value: float, *, digits: int = 4) -> str:
        """A number with this many significant digits, never in exponents, with the language's decimal mark."""
        if value == int(value) and abs(value) < 1e6:
            text = str(int(value))
        else:
            places = max(0, digits - len(str(int(abs(value))))) if abs(value) >= 1 else digits
            text = f"{value:.{places}f}"
        return text.replace(".", ",") if self.language == "de" else text

    def length(self, px: float, mm: float | None) -> str:
        """A length in mm where the scale is known, else in pixels."""
        return f"{self._pixels(px)} px" if mm is None else f"{self._short(mm)} mm"

    def area(self, px: float, mm2: float | None) -> str:
        """An area in mm² where the scale is known, else in pixels."""
        return f"{self._pixels(px)} px" if mm2 is None else f"{self._short(mm2)} mm²"

    def _pixels(self, value: float) -> str:
        """Whole pixels; below ten, a tenth where there is one."""
        text = f"{value:.1f}" if value < 10 and round(value, 1) != round(value) else f"{value:.0f}"
        return text.replace(".", ",") if self.language == "de" else text

    def _short(self, value: float) -> str:
        places = 0 if value >= 100 else 1 if value >= 10 else 2
        text = f"{value:.{places}f}"
        return text.replace(".", ",") if self.language == "de" else text


@lru_cache(maxsize=4)
def get_phrases(language: str) -> Phrases:
    """The phrases of `en`, `de` or `ko`.

    Raises:
        ReportInputError: there are none for this language.
    """
    if language not in LANGUAGES:
        raise ReportInputError(f"reports are written in {', '.join(LANGUAGES)}, not in {language!r}")
    data: dict[str, Any] = json.loads((Path(__file__).parent / f"{language}.json").read_text(encoding="utf-8"))
    return Phrases(language=language, **data)
