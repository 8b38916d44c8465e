"""What a lexicon holds: for each kind of claim, a name → the pattern that says it."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from agent.report.errors import ReportInputError
from agent.report.lexicon.units import units
from agent.report.schema import LANGUAGES

Pattern = re.Pattern[str]
NEVER = re.compile(r"(?!)")


@dataclass(frozen=True)
class Lexicon:
    """Compiled patterns of one language; all match lower-case text."""

    types: Mapping[str, Pattern]
    zones: Mapping[str, Pattern]
    """In order: the longer names first, since a matched name is taken out of the text."""
    severities: Mapping[str, Pattern]
    verdicts: Mapping[str, Pattern]
    units: Mapping[str, tuple[Pattern, str, float]]
    """Name → (pattern right after a number, canonical unit, factor to it)."""
    quantities: Mapping[str, Pattern]
    number_words: Mapping[str, float]
    count_nouns: Pattern
    above: Pattern
    below: Pattern
    limit: Pattern
    score: Pattern
    review_limit: Pattern
    more_than: Pattern
    less_than: Pattern
    about: Pattern
    negation: Pattern
    cause: Pattern
    advice: Pattern
    modal: Pattern
    """`should`, `must`: advice, unless the sentence is about the verdict."""
    unknown_type: Pattern
    history: Pattern
    certainty: Pattern
    compare: Mapping[str, Pattern]
    """`longer`, `shorter`, `larger`, `smaller`, `wider`, `narrower`, `worse`, `better`: comparatives between regions;
    `unmeasured`: comparatives of what is not in the record, such as depth."""
    superlative: Mapping[str, Pattern]
    darker: Pattern
    brighter: Pattern
    line: Pattern
    spot: Pattern
    none_found: Pattern
    plural_words: Pattern
    """`several`: two or more of what follows."""
    every: Pattern
    """`all`: what follows is said of each."""
    only_words: Pattern
    """`the only`: there is one of what follows."""
    exceptions: Pattern
    """`except for`: ends the reach of a negation."""
    not_found: Pattern
    """A negation that stands behind what it denies: `were not found`."""
    prediction: Pattern
    """What will happen: nothing that a photo shows."""
    things: Pattern
    """General names of what was found: `finding`, `defect`."""
    unmeasured_words: Pattern
    """Depth, substance, origin: what an inspection of a photo does not tell."""
    reviewed: Pattern
    """Speaks of operators' confirmations."""
    good_parts: Pattern
    scored_words: Pattern
    lower_words: Pattern
    none_of: Pattern
    half_of: Pattern
    most_of: Pattern
    """With `good_parts`: how many held-out good parts scored as high."""
    equal: Mapping[str, Pattern]
    """`as long as`, by the same names as `compare`."""
    horizontal: Pattern
    vertical: Pattern
    diagonal: Pattern
    whole: Pattern
    """`the entire width`."""
    clause: Pattern
    decimal_comma: bool
    glued: bool = False
    """Words are found anywhere, and a counted noun stands before its number (Korean)."""


def words(alternatives: Sequence[str], *, glued: bool = False) -> Pattern:
    """Whole words or phrases, any case; a space also stands for a hyphen.

    Args:
        alternatives: regular expressions.
        glued: match anywhere in the text: for Korean, whose particles are written onto the words.
    """
    joined = "|".join(alternative.replace(" ", r"[\s-]+") for alternative in alternatives)
    return re.compile(joined if glued else rf"(?<!\w)(?:{joined})(?!\w)", re.IGNORECASE)


@lru_cache(maxsize=4)
def get_lexicon(language: str) -> Lexicon:
    """The lexicon of `en`, `de` or `ko`, from the JSON file beside this module.

    Raises:
        ReportInputError: there is none for this language.
    """
    path = Path(__file__).parent / f"{language}.json"
    if language not in LANGUAGES or not path.is_file():
        raise ReportInputError(f"reports are written in {', '.join(LANGUAGES)}, not in {language!r}")
    data: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    glued = bool(data.pop("glued", False))
    values: dict[str, Any] = {"number_words": data.pop("number_words"), "decimal_comma": data.pop("decimal_comma")}
    values["glued"] = glued
    values["units"] = units(**data.pop("units"))
    about = words(data.pop("about"), glued=glued).pattern
    values["about"] = re.compile(rf"(?:{about}|~|≈)\s*(?:an?\s|die\s)?$", re.IGNORECASE)
    joints = words(data.pop("clause_words"), glued=glued).pattern
    values["clause"] = re.compile(rf"[;:()]|,(?!\d)|\.\s|\s[–—]\s|{joints}", re.IGNORECASE)
    for name, value in data.items():
        if isinstance(value, dict):
            values[name] = {key: words(listed, glued=glued) for key, listed in value.items() if listed}
        else:
            values[name] = words(value, glued=glued) if value else NEVER
    return Lexicon(**values)
