"""Is a cause, check or action really in the record that it cites?

Two measures, either is enough: the share of its content words that the record has too, and the cosine of its sentence
embedding with the nearest statement of the record.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from agent.report.schema import Citation
from knowledge.embedding import embed_texts
from knowledge.glossary import to_english

MIN_SHARED_WORDS = 0.6
MIN_SHARED_FOR_COSINE = 0.34
"""Fewer words in common than this, and likeness of meaning is not asked: "train the staff on the gripper" is near in
meaning to "pad the gripper"."""
MIN_COSINE = 0.62
"""Set on the paraphrases (`evals/report/paraphrases.json`) and inventions (`evals/report/lies.py`), measured there."""
Embed = Callable[[Sequence[str]], NDArray[np.float32]]

_GENERIC_TEXT = """
a an the is are was were be been of to in on at by for with and or from it its this that these those may might could can
likely probably possible possibly cause causes caused causing due because reason result results check checks checked
action actions should must recommend recommended please first then also so as if when where which has have had will
would not no one region regions defect defects part parts typical typically often usual usually such here there area
next step steps look looks inspect verify make sure do done than more too very see record according points indicates
suggests finding
"""
_GENERIC = frozenset(_GENERIC_TEXT.split())


def is_supported(text: str, citation: Citation, *, embed: Embed = embed_texts) -> bool:
    """True when the cited record says what the text says.

    Args:
        text: a cause, a check, an action, or a sentence that gives one.
        citation: what it cites.
        embed: texts to unit vectors.
    """
    english = to_english(text)
    if _foreign_numbers(english, citation.text):
        return False
    wanted = content_words(english)
    if not wanted:
        return False
    statements = _statements(citation)
    share = max(len(wanted & content_words(statement)) / len(wanted) for statement in (*statements, citation.text))
    if share >= MIN_SHARED_WORDS:
        return True
    if share < MIN_SHARED_FOR_COSINE:
        return False
    vectors = embed([english, *statements])
    return bool((vectors[1:] @ vectors[0]).max() >= MIN_COSINE)


def content_words(text: str) -> set[str]:
    """Lower-case words that carry meaning, with plain endings cut."""
    return {_stem(word) for word in re.findall(r"[^\W\d_]{2,}", text.lower()) if word not in _GENERIC}


def _stem(word: str) -> str:
    for ending in ("ation", "ings", "ing", "edly", "ies", "ied", "ed", "es", "ly", "s", "e", "y"):
        if word.endswith(ending) and len(word) - len(ending) >= 3:
            return word[: -len(ending)]
    return word


def _statements(citation: Citation) -> list[str]:
    parts = re.split(r"(?<=[.;])\s+|(?:Causes|Check|Do|Standards):", citation.text)
    return [part.strip(" .;") for part in parts if len(part.strip(" .;")) > 3] or [citation.text]


def _foreign_numbers(text: str, allowed: str) -> set[str]:
    return set(re.findall(r"\d+(?:[.,]\d+)?", text)) - set(re.findall(r"\d+(?:[.,]\d+)?", allowed))
