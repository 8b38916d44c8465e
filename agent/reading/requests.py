"""Reads the closed things that a request may name: how many, which format, versions, languages, days, an opinion."""

from __future__ import annotations

import re

from agent.reading.numbers import read_integers, read_ordinal

_FORMATS = {"coco": "coco", "yolo": "yolo", "mvtec": "mvtec", "masks only": "masks", "only masks": "masks"}
_REPORTS = ("pdf", "html", "markdown", "json")
_LANGUAGES = {"de": r"german|deutsch", "en": r"english|englisch", "ko": r"korean|koreanisch"}
_SIZES = re.compile(r"\bseed\s*\d+|\b\d+(?:[.,]\d+)?\s*(?:mm|cm|µm|um|px|%|°)", re.I)
_IMAGES = re.compile(
    r"([\w\-,.' ]{1,30}?)\s*(?:more |weitere |new |synthetic |training |defective |defect |neue |other )*"
    r"(?:images?|pictures?|photos?|samples?|examples?|pics?|bild(?:er)?n?|beispiele?|aufnahmen|trainingsbilder|stück)\b"
)
_MINUS = re.compile(r"(?:^|[^\w-])-\s?\d|\bminus\b")
_QUESTION = re.compile(r"\b(why|how|what|where|which|warum|wie|was|wo|welche\w*|explain|erklär\w*)\b", re.I)
_FALSE_ALARM = re.compile(r"false (alarm|positive)|fehlalarm|you('?re| are) wrong.*\b(good|fine|ok)", re.I)
_BAD = re.compile(
    r"\b(bad|defective|scrap|broken|faulty|ng|not ok|not good|missed|don'?t see|didn'?t see|reject|"
    r"schlecht|defekt|ausschuss|kaputt|übersehen|nicht in ordnung)\b",
    re.I,
)
_GOOD = re.compile(r"\b(good|fine|ok|okay|alright|gut|gutteil|in ordnung|einwandfrei)\b", re.I)


def read_count(text: str) -> int | None:
    """How many images are asked for: the number at the word for images, else the only whole number that is no size.

    Below zero where it was said so: that it cannot be is for the tool to say.
    """
    lower = _SIZES.sub(" ", text.lower())
    near = _IMAGES.search(lower)
    if near:
        numbers = read_integers(near.group(1))
        if numbers:
            return -numbers[-1] if _MINUS.search(near.group(1)) else numbers[-1]
    numbers = read_integers(lower)
    return numbers[0] if len(numbers) == 1 else None


def read_seed(text: str) -> int | None:
    """ "seed 7" → 7."""
    match = re.search(r"\bseed\s*[:=]?\s*(\d{1,9})\b", text, re.I)
    return int(match.group(1)) if match else None


def read_format(text: str) -> str | None:
    """A data-set format."""
    lower = text.lower()
    return next((name for word, name in _FORMATS.items() if word in lower), None)


def read_report_formats(text: str) -> list[str]:
    """The report formats that are named."""
    lower = text.lower()
    return [name for name in _REPORTS if re.search(rf"\b{name}\b", lower)]


def read_language(text: str) -> str | None:
    """A language that is named: `en`, `de`, `ko`."""
    return next((code for code, words in _LANGUAGES.items() if re.search(rf"\b({words})", text, re.I)), None)


def read_versions(text: str) -> list[int]:
    """Version numbers: "version 1 and 3", "v2"."""
    lower = re.sub(r"\bv(?=\d)", "version ", text.lower())
    if "version" not in lower:
        return []
    if re.search(r"\b(first|erste\w*) version|original", lower):
        return [1]
    return [number for number in read_integers(lower.split("version", 1)[1]) if number > 0]


def read_opinion(text: str) -> str | None:
    """What the user says a part is: `good`, `bad`; None where it is only a question."""
    if _FALSE_ALARM.search(text):
        return "good"
    if _QUESTION.search(text):
        return None
    if _BAD.search(text):
        return "bad"
    return "good" if _GOOD.search(text) else None


def read_days_ago(text: str) -> int | None:
    """ "yesterday" → 1, "today" → 0, "3 days ago" → 3."""
    lower = text.lower()
    if re.search(r"\b(yesterday|gestern)\b", lower):
        return 1
    if re.search(r"\b(today|heute)\b", lower):
        return 0
    match = re.search(r"\b(\d{1,4}) days? ago\b|\bvor (\d{1,4}) tagen\b", lower)
    return int(match.group(1) or match.group(2)) if match else None


def read_item(text: str, count: int) -> int | None:
    """Which of `count` things: "the third one", "number 2", "the last"; None where it is not said."""
    if re.search(r"\b(last|latest|newest|letzte\w*|neueste\w*)\b", text, re.I) and count:
        return count
    ordinal = read_ordinal(text)
    if ordinal is not None:
        return ordinal
    match = re.search(r"\b(?:number|no\.?|nr\.?|nummer|#)\s*(\d{1,3})\b", text, re.I)
    return int(match.group(1)) if match else None
