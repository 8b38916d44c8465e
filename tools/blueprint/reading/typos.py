"""Which of our words a misspelt one was meant to be, if any.

Optimal string alignment (Restricted Damerau-Levenshtein: insert, delete, replace, swap neighbours) by rapidfuzz. Short
words must keep their first letter, and ordinary words that merely look like one of ours are listed in `ordinary.txt`.
"""

from __future__ import annotations

from functools import lru_cache

from tools.blueprint.lexicon import LANGUAGES, get_lexicon

_SHORT = 4
_SKELETON = 3
_VOWELS = frozenset("aeiouy")


def allowed_edits(length: int) -> int:
    """How many edits a word of this length may be away: 1 from four letters, 2 from seven, 3 from twelve."""
    if length < _SHORT:
        return 0
    if length < 7:
        return 1
    return 2 if length < 12 else 3


def is_known(word: str, language: str) -> bool:
    """Whether some vocabulary or list of ordinary words has it; of another language's ordinary words only in German."""
    own = get_lexicon(language)
    if word in own.vocabulary or word in own.ordinary:
        return True
    others = [get_lexicon(name) for name in LANGUAGES if name != language]
    if language == "de":
        return any(word in other.vocabulary or word in other.ordinary for other in others)
    return any(word in other.content_words for other in others)


@lru_cache(maxsize=4096)
def correct(word: str, language: str) -> str | None:
    """The word of this language's vocabulary that was meant; None where there is none or it is spelt right.

    Args:
        word: folded.
        language: whose words to compare with.
    """
    if not word.isalpha() or is_known(word, language):
        return None
    if len(word) >= _SKELETON and not _VOWELS & set(word):
        bones = _skeletons(language).get(word)
        if bones is not None:
            return bones
    edits = allowed_edits(len(word))
    if not edits:
        return None
    if len(word) == _SHORT and (single := _undoubled(word)) in get_lexicon(language).vocabulary:
        return single
    from rapidfuzz.distance import OSA

    best: tuple[float, str] | None = None
    for candidate in sorted(get_lexicon(language).content_words):
        if abs(len(candidate) - len(word)) > edits or len(candidate) < _SHORT:
            continue
        limit = min(edits, allowed_edits(len(candidate)))
        distance = OSA.distance(word, candidate, score_cutoff=limit)
        if distance > limit or not _plausible(word, candidate, distance):
            continue
        rank = distance + (0.5 if word[0] != candidate[0] else 0.0) + (0.2 if word[-1] != candidate[-1] else 0.0)
        rank -= 0.3 if _is_part_of(word, candidate) or _is_part_of(candidate, word) else 0.0
        rank -= 0.6 if len(word) > _SHORT and sorted(word) == sorted(candidate) else 0.0
        rank -= 0.2 if _undoubled(word) == _undoubled(candidate) else 0.0
        rank -= 0.1 if candidate in get_lexicon(language).grammar["numbers"] else 0.0
        if best is None or (rank, candidate) < best:
            best = (rank, candidate)
    return best[1] if best else None


@lru_cache(maxsize=4)
def _skeletons(language: str) -> dict[str, str]:
    """The consonants of the defects' one-word names, where one type has them alone: `dnt` → `dent`."""
    found: dict[str, dict[str, str]] = {}
    for (word, *more), entries in get_lexicon(language).phrases.items():
        kinds = [entry.value for entry in entries if entry.category == "defect" and entry.kind != "adjective"]
        bones = "".join(letter for letter in word if letter not in _VOWELS)
        if kinds and not more and len(word) - len(bones) <= 2:
            found.setdefault(bones, {}).setdefault(kinds[0], word)
    alone = {bones: words for bones, words in found.items() if len(bones) >= _SKELETON and len(words) == 1}
    return {bones: next(iter(words.values())) for bones, words in alone.items()}


def _undoubled(word: str) -> str:
    """The word without its doubled letters: `rimm` → `rim`."""
    return "".join(letter for index, letter in enumerate(word) if index == 0 or letter != word[index - 1])


def _is_part_of(short: str, long: str) -> bool:
    """Whether only letters were left out: dropped and doubled letters are commoner than wrong ones."""
    letters = iter(long)
    return all(letter in letters for letter in short)


def _plausible(word: str, candidate: str, distance: int) -> bool:
    """Stricter for short words: the same first letter; two words of four letters must have the same letters."""
    if min(len(word), len(candidate)) <= 5 and word[0] != candidate[0]:
        return len(word) >= 5 and sorted(word) == sorted(candidate)
    if distance > 1 and word[0] != candidate[0] and sorted(word[:2]) != sorted(candidate[:2]):
        return False
    if len(word) == _SHORT and len(candidate) == _SHORT:
        return sorted(word) == sorted(candidate)
    return True
