"""Prepares a message for the sentence model: lower case, German words turned into English ones, typos mended.

Word for word and without grammar: enough to bring a German sentence near the English one that means the same.
"""

from __future__ import annotations

import re
from functools import lru_cache
from pathlib import Path

from agent.language import detect_language

HERE = Path(__file__).parent
_TOKEN = re.compile(r"[\w']+|[^\w\s]")
_MIN_TYPO_LETTERS = 5
_TYPO_CUTOFF = 84.0


def gloss(text: str, language: str) -> str:
    """The text in lower case; where `language` is `de`, known German words are replaced by English ones."""
    tokens = [mend(token) for token in _TOKEN.findall(text.lower())]
    return " ".join(_translate(tokens) if language == "de" else tokens)


def language_of(text: str) -> str:
    """`de` or `en`; where the small words do not tell: does the German list know a word that is no English one?"""
    sure = detect_language(text, "")
    if sure:
        return sure
    phrases, stems = _dictionary()
    words = [word for word in _TOKEN.findall(text.lower()) if word.isalpha() and not _is_word(word)]
    known = ((word,) in phrases or any(word.startswith(stem) for stem, _ in stems if len(stem) > 3) for word in words)
    return "de" if any(known) else "en"


def _translate(tokens: list[str]) -> list[str]:
    phrases, stems = _dictionary()
    longest = max(len(phrase) for phrase in phrases)
    result: list[str] = []
    index = 0
    while index < len(tokens):
        for length in range(min(longest, len(tokens) - index), 0, -1):
            found = phrases.get(tuple(tokens[index : index + length]))
            if found is not None:
                result.append(found)
                index += length
                break
        else:
            token = tokens[index]
            result.append(next((english for stem, english in stems if token.startswith(stem)), token))
            index += 1
    return result


@lru_cache(maxsize=1)
def _dictionary() -> tuple[dict[tuple[str, ...], str], list[tuple[str, str]]]:
    """Whole words and phrases, and stems with the longest first."""
    phrases: dict[tuple[str, ...], str] = {}
    stems: list[tuple[str, str]] = []
    for line in (HERE / "german.txt").read_text(encoding="utf-8").splitlines():
        german, separator, english = line.strip().partition("=")
        if not separator or german.startswith("#"):
            continue
        if german.endswith("*"):
            stems.append((german[:-1], english))
        else:
            phrases[tuple(german.split())] = english
    return phrases, sorted(stems, key=lambda pair: -len(pair[0]))


@lru_cache(maxsize=4096)
def mend(word: str) -> str:
    """The word, or the one it is probably a misspelling of: only where nobody knows it and one close word is known."""
    if len(word) < _MIN_TYPO_LETTERS or not word.isalpha() or word in _vocabulary() or _is_word(word):
        return word
    if any(word.startswith(stem) for stem, _ in _dictionary()[1]):
        return word
    from rapidfuzz import process
    from rapidfuzz.distance import OSA

    near = process.extractOne(word, _vocabulary(), scorer=OSA.normalized_similarity, score_cutoff=_TYPO_CUTOFF / 100.0)
    return near[0] if near else word


@lru_cache(maxsize=1)
def _vocabulary() -> tuple[str, ...]:
    """Every word of the seed phrases and of the German list, once, sorted."""
    texts = [(HERE / name).read_text(encoding="utf-8") for name in ("seeds.txt", "german.txt")]
    words = set(re.findall(r"[^\W\d_]+", " ".join(texts).lower()))
    return tuple(sorted(word for word in words if len(word) >= _MIN_TYPO_LETTERS - 1))


@lru_cache(maxsize=1)
def _english() -> frozenset[str]:
    """Words that the sentence model has as one piece."""
    import json

    from knowledge.embedding import model_folder

    pieces = json.loads((model_folder() / "tokenizer.json").read_text(encoding="utf-8"))["model"]["vocab"]
    return frozenset(piece for piece in pieces if piece.isalpha())


def _is_word(word: str) -> bool:
    return word in _english() or (word.endswith("s") and word[:-1] in _english())


def knows_word(word: str) -> bool:
    """True for an English or German word that a person may say: "again", "neu"; not for a name such as "padim"."""
    lower = word.lower()
    phrases, stems = _dictionary()
    known = _is_word(lower) or lower in _vocabulary() or (lower,) in phrases
    return known or any(lower.startswith(stem) for stem, _ in stems)
