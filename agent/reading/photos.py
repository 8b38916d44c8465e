"""Which photo of a list a sentence means: by name ("why is bolt_2 bad?"), by place ("the third one"), or the worst."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import PurePath

from agent.reading.numbers import read_ordinal

WORST = "worst"
_WORST = re.compile(
    r"\bworst\b|\bmost (?:severe|serious|critical|defective|damaged|suspicious|anomalous)\b|"
    r"\bhighest (?:anomaly )?score\b|\bleast ok\b|"
    r"\b(?:aller)?(?:schlechteste|schlimmste|kritischste|auffälligste|defekteste)\w*\b|"
    r"\bam (?:aller)?(?:schlechtesten|schlimmsten|auffälligsten)\b|"
    r"\b(?:höchste\w*|größte\w*) (?:score|wert|abweichung)\b",
    re.I,
)
_PLAIN_WORDS = """
good bad ok ng defect defects defective test part parts photo photos image images picture scratch crack dent stain void
hole chip bump rust this that the one gut schlecht teil bild foto fehler defekt kratzer riss
"""
_PLAIN = frozenset(_PLAIN_WORDS.split())
"""Words that are said so often that as a file's name they count only with its ending."""
_NUMBERED = re.compile(
    r"\b(?:photo|picture|image|part|sample|number|no\.?|nr\.?|bild|foto|teil|nummer)\s*#?\s*(\d{1,4})\b|#\s*(\d{1,4})\b",
    re.I,
)
_IN_A_ROW = re.compile(
    r"\b(?:the|das|der|die|den|dem|beim|vom|zum|im)\s+(\w+\.?)"
    r"(?!\s+(?:time|check|step|finding|region|spot|place|version|defect|mal|schritt|stelle|befund|fehler|defekt)\b)",
    re.I,
)
_LAST = re.compile(
    r"\b(?:the|das|der|die|den|dem|beim|vom|zum) (?:very )?(?:last|letzte\w*)\b(?! (?:time|mal|week|w))", re.I
)


def names_worst(text: str) -> bool:
    """True where the worst of several is asked for."""
    return _WORST.search(text) is not None


def read_photo(text: str, names: Sequence[str]) -> str | None:
    """The photo that is meant.

    Args:
        text: what the user said.
        names: of the photos, in the order in which they were shown.

    Returns:
        One of the names; a number where there are fewer photos than that; `worst`; None where no photo is named.
    """
    named = _by_name(text, names)
    if named is not None:
        return named
    if names_worst(text):
        return WORST
    place = _place(text, len(names))
    if place is None:
        return None
    return names[place - 1] if 1 <= place <= len(names) else str(place)


def _by_name(text: str, names: Sequence[str]) -> str | None:
    """The longest name in the text, with or without its ending; `bolt 2` is `bolt_2`."""
    for name in sorted(names, key=len, reverse=True):
        stem = PurePath(name).stem
        if re.search(rf"(?<![\w.-]){re.escape(name)}(?![\w-])", text, re.I):
            return name
        if stem.lower() in _PLAIN or len(stem) < 2:
            continue
        pieces = [re.escape(piece) for piece in re.split(r"[\s_.-]+", stem) if piece]
        joined = r"[\s_.-]*".join(pieces)
        if pieces and re.search(rf"(?<![\w.,-]){joined}(?![\w-]|[.,]\d)", text, re.I):
            return name
    return None


def _place(text: str, count: int) -> int | None:
    numbered = _NUMBERED.search(text)
    if numbered:
        return int(numbered.group(1) or numbered.group(2))
    for match in _IN_A_ROW.finditer(text):
        ordinal = read_ordinal(match.group(1))
        if ordinal is not None:
            return ordinal
    return count if count and _LAST.search(text) else None
