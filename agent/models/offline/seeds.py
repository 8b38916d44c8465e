"""Reads phrase files: `[intent language]` heads a section, a phrase a line, `# ` a comment.

`(make|produce) (20|100) images` stands for its combinations; of many, a fixed sample is taken.
"""

from __future__ import annotations

import re
import zlib
from dataclasses import dataclass
from itertools import product
from pathlib import Path

SEEDS = Path(__file__).parent / "seeds.txt"
MAX_EXPANDED = 12
_CHOICE = re.compile(r"\(([^()]*\|[^()]*)\)")
_HEAD = re.compile(r"\[(\w+) (\w\w)\]")


@dataclass(frozen=True)
class Phrase:
    """One phrase with its intent and language."""

    text: str
    intent: str
    language: str
    line: int = 0
    """Of the file: phrases of one line are alike and stay together in a cross-validation."""


def read_phrases(path: Path = SEEDS) -> list[Phrase]:
    """All phrases of a file.

    Raises:
        ValueError: a phrase stands before the first section.
    """
    phrases: list[Phrase] = []
    head: tuple[str, str] | None = None
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        text = line.strip()
        if not text or text.startswith("# "):
            continue
        match = _HEAD.fullmatch(text)
        if match:
            head = (match.group(1), match.group(2))
        elif head is None:
            raise ValueError(f"{path.name} line {number}: a phrase before the first [intent language]")
        else:
            phrases.extend(Phrase(expanded, *head, number) for expanded in expand(text))
    return phrases


def expand(line: str) -> list[str]:
    """The phrases that a line stands for, at most `MAX_EXPANDED`, always the same ones."""
    pieces = _CHOICE.split(line)
    options = [piece.split("|") if index % 2 else [piece] for index, piece in enumerate(pieces)]
    every = [" ".join("".join(parts).split()) for parts in product(*options)]
    return sorted(every, key=lambda phrase: zlib.crc32(phrase.encode()))[:MAX_EXPANDED]
