"""A sentence in pieces: numbers, words and punctuation, each with its place in the text."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

from tools.blueprint.lexicon.inflect import fold

MAX_CHARACTERS = 4000
"""What is read of a text; a description of one defect is shorter by far."""

_TOKEN = re.compile(
    r"""
    (?P<num>(?:\d+(?:[.,]\d+)*|[.]\d+)(?![.,]?\d)|[¼½¾⅐-⅞])
  | (?P<word>[^\W\d_øØ⌀]+(?:['’][^\W\d_]+)*[²³]?(?:(?<![xX×])\d+[^\W_]*)?)
  | (?P<punct>\.{2,}|…|\+/-|\+-|<=|>=|->|''|°[cCfF]\b|\S)
    """,
    re.VERBOSE,
)
_GLUED_UNIT = re.compile(r"^(mm|cm|µm|um|in)(x|×)$")
_PART_OF_UNIT = re.compile(
    r"^(dreiviertel|viertel|achtel|zehntel|hundertstel|tausendstel)((?:milli|zenti)meter[ns]?|zoll|mm|cm)$"
)
"""`ein Viertelzoll`, `drei Zehntelmillimeter`."""
_SIGNS = {"+/-": "±", "+-": "±", "…": "..", "×": "x", "–": "–", "—": "–", "−": "-", "“": '"', "”": '"', "„": '"'}


@dataclass(frozen=True)
class Token:
    """One piece of the text.

    Attributes:
        text: as written.
        key: folded, for looking it up.
        kind: `num`, `word` or `punct`.
        start: index of its first character in the text.
        end: one past its last.
        space_before: white space stands before it.
    """

    text: str
    key: str
    kind: str
    start: int
    end: int
    space_before: bool


def tokenise(text: str) -> list[Token]:
    """Split a text. Hyphens that join words or a number and a word vanish (`top-left`, `3-mm`); others stay.

    Positions refer to the NFC form of the text, of which at most `MAX_CHARACTERS` are read.
    """
    text = unicodedata.normalize("NFC", text)[:MAX_CHARACTERS]
    pieces: list[Token] = []
    for found in _TOKEN.finditer(text):
        kind = found.lastgroup or "punct"
        pieces.extend(_split(found.group(), kind, found.start(), text))
    return [token for index, token in enumerate(pieces) if not _is_joint(pieces, index)]


def _split(word: str, kind: str, start: int, text: str) -> list[Token]:
    """One token, or two where a unit and `x`, `x` and a number, or a fraction and its unit were written as one."""
    glued = (_GLUED_UNIT.match(word.lower()) or _PART_OF_UNIT.match(word.lower())) if kind == "word" else None
    if glued:
        middle = len(glued.group(1))
        return [_token(word[:middle], "word", start, text), _token(word[middle:], "word", start + middle, text)]
    if kind == "word" and re.fullmatch(r"[xX×]\d+", word):
        return [_token(word[0], "word", start, text), _token(word[1:], "num", start + 1, text)]
    return [_token(word, kind, start, text)]


def _token(word: str, kind: str, start: int, text: str) -> Token:
    key = _SIGNS.get(word, fold(word))
    if kind == "punct" and set(word) == {"."} and len(word) > 1:
        key = ".."
    space = start == 0 or text[start - 1].isspace()
    return Token(text=word, key=key, kind=kind, start=start, end=start + len(word), space_before=space)


def _is_joint(pieces: list[Token], index: int) -> bool:
    """Whether this is a hyphen that only joins: no space around it, and not between two numbers."""
    token = pieces[index]
    if token.key not in ("-", "–") or not 0 < index < len(pieces) - 1:
        return False
    before, after = pieces[index - 1], pieces[index + 1]
    if before.end != token.start or after.start != token.end:
        return False
    if token.key == "–" and not (before.kind == "num" and after.kind == "word"):
        return False
    kinds = {before.kind, after.kind}
    return (
        kinds <= {"num", "word"}
        and not (after.kind == "num" and before.kind == "num")
        and not _unit_range(before, after)
    )


def _unit_range(before: Token, after: Token) -> bool:
    """`2mm-5mm`: the hyphen stands between a unit and a number and is a range."""
    return after.kind == "num" and before.kind == "word" and before.key in ("mm", "cm", "m", "um", "µm", "in", "inch")
