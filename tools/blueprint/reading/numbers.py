"""Numbers as people write them: 1,5 · 1 1/2 · ½ · twenty-five · half a · anderthalb · fünfundzwanzig."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

from tools.blueprint.lexicon import Lexicon
from tools.blueprint.reading.tokens import Token

_THOUSANDS = re.compile(r"^[1-9]\d{0,2}(?:,\d{3})+(?:\.\d+)?$")
_GERMAN_THOUSANDS = re.compile(r"^[1-9]\d{0,2}(?:\.\d{3})+(?:,\d+)?$")
_GERMAN_HALVES = {"anderthalb": 1.5, "eineinhalb": 1.5, "einhalb": 0.5, "dreiviertel": 0.75}
MAX_NUMBER = 1e9


@dataclass(frozen=True)
class Number:
    """A number in the text: its value and the tokens `start` to `end` (exclusive)."""

    value: float
    start: int
    end: int
    written: bool = False
    """In words."""


def read_digits(text: str, language: str) -> float | None:
    """The value of a number token; None where it is none.

    A comma is a decimal comma in both languages, except in English before exactly three digits ("1,500"); a point is
    a decimal point in both, except in German in numbers such as "1.500,5" or "12.500.000".
    """
    if len(text) == 1 and not text.isdigit():
        return unicodedata.numeric(text, None)
    if language == "en" and _THOUSANDS.match(text):
        text = text.replace(",", "")
    elif _GERMAN_THOUSANDS.match(text) and ("," in text or text.count(".") > 1):
        text = text.replace(".", "")
    text = text.replace(",", ".")
    if text.count(".") > 1:
        return None
    value = float(text)
    return value if value <= MAX_NUMBER else None


def read_number(tokens: Sequence[Token], keys: Sequence[str], start: int, lexicon: Lexicon) -> Number | None:
    """The number that begins at a token, or None."""
    if start >= len(tokens):
        return None
    if tokens[start].kind == "num":
        return _from_digits(tokens, start, lexicon.language)
    if tokens[start].kind == "word":
        return _german(keys, start, lexicon) if lexicon.language == "de" else _english(tokens, keys, start, lexicon)
    return None


def _from_digits(tokens: Sequence[Token], start: int, language: str) -> Number | None:
    value = read_digits(tokens[start].text, language)
    if value is None:
        return None
    over = _fraction(tokens, start)
    if over is not None:
        return Number(over, start, start + 3)
    index = start + 1
    if index < len(tokens) and tokens[index].key == "-" and float(value).is_integer():
        index += 1
    if index < len(tokens) and float(value).is_integer() and tokens[index].kind == "num":
        glyph = tokens[index].text
        if len(glyph) == 1 and not glyph.isdigit():
            return Number(value + (unicodedata.numeric(glyph, 0.0) or 0.0), start, index + 1)
        part = _fraction(tokens, index)
        if part is not None and part < 1:
            return Number(value + part, start, index + 3)
    return Number(value, start, start + 1)


def _fraction(tokens: Sequence[Token], start: int) -> float | None:
    """`1/8` at a token."""
    if start + 2 >= len(tokens) or tokens[start + 1].key not in ("/", "⁄") or tokens[start + 2].kind != "num":
        return None
    above, below = tokens[start].text, tokens[start + 2].text
    if not (above.isdigit() and below.isdigit()) or int(below) == 0:
        return None
    if max(len(above), len(below)) > 4:
        return None
    return int(above) / int(below)


def _english(tokens: Sequence[Token], keys: Sequence[str], start: int, lexicon: Lexicon) -> Number | None:
    """Number words: sums and products, "point", halves and quarters."""
    words = lexicon.grammar["numbers"]
    parts = lexicon.grammar["fractions"]
    if keys[start] == "point" and start + 1 < len(keys) and keys[start + 1] in words:
        return _decimals(keys, start + 1, 0.0, start, words)
    if keys[start] in ("half", "quarter", "third", "tenth"):
        return _after_fraction(keys, start, start + 1, parts[keys[start]])
    if keys[start] in ("a", "an", "one") and start + 1 < len(keys) and keys[start + 1] in parts:
        return _after_fraction(keys, start, start + 2, parts[keys[start + 1]])
    if keys[start] == "a" and start + 1 < len(keys) and keys[start + 1] in ("hundred", "thousand"):
        rest = _english(tokens, keys, start + 1, lexicon)
        return None if rest is None else Number(rest.value, start, rest.end, written=True)
    if keys[start] not in words:
        return None
    return _sum(keys, start, words, parts)


def _sum(keys: Sequence[str], start: int, words: dict[str, int], parts: dict[str, float]) -> Number:
    total, current, index = 0.0, 0.0, start
    previous = 1000.0
    while index < len(keys) and keys[index] in words:
        value = float(words[keys[index]])
        if value >= 100:
            current = (current or 1.0) * value
            if value == 1000:
                total, current = total + current, 0.0
            previous = value
        elif index > start and (value >= previous or (previous < 20 and previous != 100) or previous == 10):
            break
        else:
            current += value
            previous = value
        index += 1
        if index + 1 < len(keys) and keys[index] == "and" and previous in (100, 1000) and keys[index + 1] in words:
            index += 1
    value = total + current
    if index < len(keys) and keys[index] == "point" and index + 1 < len(keys) and keys[index + 1] in words:
        return _decimals(keys, index + 1, value, start, words)
    if index + 1 < len(keys) and keys[index] == "and":
        after = index + 2 if keys[index + 1] in ("a", "an", "one") else index + 1
        if after < len(keys) and keys[after] in parts:
            return Number(value + parts[keys[after]], start, after + 1, written=True)
    if index < len(keys) and keys[index] in parts and keys[index] not in ("half", "third"):
        return _after_fraction(keys, start, index + 1, value * parts[keys[index]])
    return Number(value, start, index, written=True)


def _after_fraction(keys: Sequence[str], start: int, index: int, value: float) -> Number:
    """Skip the "of a" of "quarter of an inch" and "half a millimetre"."""
    if index < len(keys) and keys[index] == "of" and index + 1 < len(keys) and keys[index + 1] in ("a", "an", "one"):
        index += 2
    elif index < len(keys) and keys[index] in ("a", "an"):
        index += 1
    return Number(value, start, index, written=True)


def _decimals(keys: Sequence[str], index: int, whole: float, start: int, words: dict[str, int]) -> Number:
    digits = ""
    while index < len(keys) and keys[index] in words and 0 <= words[keys[index]] <= 99:
        digits += str(words[keys[index]])
        index += 1
    return Number(float(f"{int(whole)}.{digits}"), start, index, written=True)


def _german(keys: Sequence[str], start: int, lexicon: Lexicon) -> Number | None:
    words = lexicon.grammar["numbers"]
    folded = {_fold_key(word): value for word, value in words.items()}
    key = keys[start]
    parts = {_fold_key(word): value for word, value in lexicon.grammar["fractions"].items()}
    if key in parts:
        return Number(parts[key], start, start + 1, written=True)
    value = _german_word(key, folded)
    if value is None:
        return None
    index = start + 1
    if index < len(keys) and keys[index] in parts:
        return Number(value * parts[keys[index]], start, index + 1, written=True)
    if index + 1 < len(keys) and keys[index] == "komma" and keys[index + 1] in folded:
        return _decimals(keys, index + 1, value, start, folded)
    if index + 1 < len(keys) and keys[index] == "und" and keys[index + 1] in ("einhalb", *parts):
        return Number(value + parts.get(keys[index + 1], 0.5), start, index + 2, written=True)
    return Number(value, start, index, written=True)


def _fold_key(word: str) -> str:
    return word.replace("ü", "ue").replace("ö", "oe").replace("ß", "ss").replace("ä", "ae")


def _german_word(key: str, words: dict[str, int]) -> float | None:
    """fuenfundzwanzig, zweihundert, zweieinhalb."""
    if key in words:
        return float(words[key])
    if key in _GERMAN_HALVES:
        return _GERMAN_HALVES[key]
    if key.endswith("einhalb") and key.removesuffix("einhalb") in words:
        return words[key.removesuffix("einhalb")] + 0.5
    if "hundert" in key:
        before, _, after = key.partition("hundert")
        hundreds = 1.0 if not before else _german_word(before, words)
        rest = 0.0 if not after else _german_word(after.removeprefix("und"), words)
        return None if hundreds is None or rest is None else hundreds * 100 + rest
    if "und" in key:
        ones, _, tens = key.partition("und")
        if ones in words and tens in words and words[ones] < 10 and words[tens] >= 20:
            return float(words[ones] + words[tens])
    return None
