"""German and Korean inspection words to English, so that the English sentence model understands a question.

The bundled MiniLM knows English only. A question in another language is bridged word by word: known words (and the
parts of German compounds) are replaced, the rest is dropped. It is a word list, not a translator: enough to find a
record, not to understand a sentence.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path

_FILE = Path(__file__).parent / "glossary.json"
_WORD = re.compile(r"[^\W\d_]+(?:-[^\W\d_]+)*|\d+(?:[.,]\d+)?")
_DROPPED_TEXT = """
der die das den dem des ein eine einen einem einer ist sind war und oder auf im am zum zur beim mit von vom für über was
wie wo wer welche welcher dass nur auch noch ich wir sie man es
"""
_DROPPED = frozenset(_DROPPED_TEXT.split())
"""German words without use for a search."""
_ALSO_ENGLISH = frozenset(["die", "war", "was", "man", "am", "in", "an", "bei", "form", "matt", "press"])
"""No sign that a sentence is German."""
_UMLAUTS = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "ß": "ss"})
_MIN_PART = 4
"""Shorter glossary words are matched whole only: "lot" is not looked for inside "Pilot"."""
_MIN_COVERED = 0.6
"""The share of a compound's letters that must be known."""


def to_english(question: str) -> str:
    """The question in English words where it is German or Korean; otherwise the question itself."""
    words = _WORD.findall(question)
    if any("가" <= letter <= "힣" for letter in question):
        return " ".join(filter(None, (_korean(word) for word in words))) or question
    if not _is_german(words):
        return question
    translated = [_german(word.lower()) or word for word in words if word.lower() not in _DROPPED]
    return " ".join(translated) or question


def _is_german(words: list[str]) -> bool:
    """Two signs, or one in a very short question; a sign is a function word, an umlaut or a word of the glossary."""
    signs = 0
    for word in (word.lower() for word in words):
        if word in _ALSO_ENGLISH:
            continue
        signs += word in _DROPPED or any(letter in "äöüß" for letter in word) or _german(word) is not None
    return signs >= min(2, len(words)) > 0


def _german(word: str) -> str | None:
    """English for one German word, inflected or a compound of known words; None where most of it stays unknown."""
    glossary = _glossary("de")
    plain = word.translate(_UMLAUTS)
    stem = next((plain[: len(plain) - cut] for cut in (0, 1, 2) if plain[: len(plain) - cut] in glossary), None)
    if stem is not None and len(plain) - len(stem) <= (2 if len(stem) >= _MIN_PART else 0):
        return glossary[stem]
    parts, position, covered = [], 0, 0
    while position < len(plain):
        for end in range(len(plain), position + _MIN_PART - 1, -1):
            if plain[position:end] in glossary:
                parts.append(glossary[plain[position:end]])
                covered += end - position
                position = end
                break
        else:
            position += 1
    return " ".join(parts) if parts and covered >= _MIN_COVERED * len(plain) else None


def _korean(word: str) -> str:
    """English for one Korean word: the longest known words inside it (particles are glued to nouns)."""
    glossary, found, position = _glossary("ko"), [], 0
    while position < len(word):
        match = next(
            (word[position:end] for end in range(len(word), position, -1) if word[position:end] in glossary), None
        )
        if match and (len(match) > 1 or len(word) <= 2):
            found.append(glossary[match])
        position += len(match) if match else 1
    return " ".join(found)


@lru_cache(maxsize=2)
def _glossary(language: str) -> Mapping[str, str]:
    words: dict[str, str] = json.loads(_FILE.read_text(encoding="utf-8"))[language]
    return {word.translate(_UMLAUTS): english for word, english in words.items()}
