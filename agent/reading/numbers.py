"""Whole numbers in a sentence, as digits or as English or German words."""

from __future__ import annotations

import re

_UNITS = {
    "zero": 0, "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8, "nine": 9,
    "ten": 10, "eleven": 11, "twelve": 12, "thirteen": 13, "fourteen": 14, "fifteen": 15, "sixteen": 16,
    "seventeen": 17, "eighteen": 18, "nineteen": 19, "twenty": 20, "thirty": 30, "forty": 40, "fifty": 50,
    "sixty": 60, "seventy": 70, "eighty": 80, "ninety": 90,
    "null": 0, "eins": 1, "ein": 1, "zwei": 2, "drei": 3, "vier": 4, "fünf": 5, "sechs": 6, "sieben": 7, "acht": 8,
    "neun": 9, "zehn": 10, "elf": 11, "zwölf": 12, "dreizehn": 13, "vierzehn": 14, "fünfzehn": 15, "sechzehn": 16,
    "siebzehn": 17, "achtzehn": 18, "neunzehn": 19, "zwanzig": 20, "dreißig": 30, "vierzig": 40, "fünfzig": 50,
    "sechzig": 60, "siebzig": 70, "achtzig": 80, "neunzig": 90,
}  # fmt: skip
_SCALES = {"hundred": 100, "hundert": 100, "thousand": 1000, "tausend": 1000, "dozen": 12, "dutzend": 12}
_ORDINALS = {
    "first": 1, "second": 2, "third": 3, "fourth": 4, "fifth": 5, "sixth": 6, "seventh": 7, "eighth": 8, "ninth": 9,
    "tenth": 10, "erste": 1, "zweite": 2, "dritte": 3, "vierte": 4, "fünfte": 5, "sechste": 6, "siebte": 7,
    "achte": 8, "neunte": 9, "zehnte": 10,
}  # fmt: skip
_TIMES = {**_SCALES, "k": 1000}
_DIGITS = re.compile(
    r"(?<![\w.,])(\d{1,3}(?:[.,' ]\d{3})+|\d+)"
    r"(k|\s+(?:hundred|hundert|thousand|tausend|million(?:en|s)?))?(?![\w]|[.,]\d)"
)
_ORDINAL_DIGITS = re.compile(r"\b(\d{1,3})(?:st|nd|rd|th|\.)(?!\d)")
_WORD = re.compile(r"[a-zäöüß]+")


def read_integers(text: str) -> list[int]:
    """Whole numbers in reading order: "1,000", "2k", "twenty-five", "a hundred", "zwei Dutzend"."""
    lower = text.lower()
    found = [(match.start(), _digits(match)) for match in _DIGITS.finditer(lower)]
    found += _in_words(_DIGITS.sub(lambda match: " " * len(match.group()), lower))
    return [number for _, number in sorted(found)]


def read_ordinal(text: str) -> int | None:
    """ "the third one" → 3, "das zweite" → 2; None where no place in a row is named."""
    lower = text.lower()
    match = _ORDINAL_DIGITS.search(lower)
    if match:
        return int(match.group(1))
    for word in _WORD.findall(lower):
        for ordinal, number in _ORDINALS.items():
            if word == ordinal or (
                (number != 1 or word != "erst") and word in (f"{ordinal}n", f"{ordinal}r", f"{ordinal}s")
            ):
                return number
    return None


def _digits(match: re.Match[str]) -> int:
    number = int(re.sub(r"\D", "", match.group(1)))
    return number * _TIMES.get(match.group(2).strip(), 1_000_000) if match.group(2) else number


def _in_words(text: str) -> list[tuple[int, int]]:
    """Runs of number words with their places; a German compound such as "fünfundzwanzig" is one word."""
    found: list[tuple[int, int]] = []
    total, current, start = 0, 0, -1
    last_end = 0
    for match in _WORD.finditer(text):
        word = match.group()
        value = _UNITS.get(word, _compound(word))
        gap = text[last_end : match.start()].strip(" -")
        if start >= 0 and (gap or (value is None and word not in _SCALES and word != "and")):
            found.append((start, total + current))
            total, current, start = 0, 0, -1
        if value is not None and not (word in ("ein", "one") and start < 0 and not _before_scale(text, match.end())):
            current += value
            start = match.start() if start < 0 else start
        elif word in _SCALES:
            current = max(current, 1) * _SCALES[word]
            if _SCALES[word] == 1000:
                total, current = total + current, 0
            start = match.start() if start < 0 else start
        last_end = match.end()
    if start >= 0:
        found.append((start, total + current))
    return found


def _before_scale(text: str, end: int) -> bool:
    """ "one" counts as a number alone only before "hundred" and the like: "that one" is no number."""
    following = _WORD.match(text[end:].strip(" -"))
    return following is not None and following.group() in _SCALES


def _compound(word: str) -> int | None:
    """German compounds: fünfundzwanzig, dreihundert."""
    left, separator, right = word.partition("und")
    if separator and left in _UNITS and right in _UNITS:
        return _UNITS[left] + _UNITS[right]
    for scale in ("hundert", "tausend"):
        if word.endswith(scale) and word[: -len(scale)] in _UNITS:
            return _UNITS[word[: -len(scale)]] * _SCALES[scale]
    return None
