"""From what a model said to an option's letter, or to None where it said none.

The official scripts take the last stand-alone letter, so a sentence that starts with "A" answers A. Here a letter
counts where it stands as an answer; the option's own words count where exactly one option was repeated.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

_TAGGED = re.compile(r"<answer>\s*(.*?)\s*</answer>", re.IGNORECASE | re.DOTALL)
_THOUGHT = re.compile(r"<think>.*?(</think>|$)", re.IGNORECASE | re.DOTALL)
_SAID = re.compile(
    r"(?:answer|option|choice|choose|select|pick)\w*(?:\s+(?:is|would be|should be))?\s*[:=\-]?\s*\**\(?\[?"
    r"(?-i:([A-Z]))\b(?!['’])",
    re.IGNORECASE,
)
_ALONE = re.compile(r"(?:^|\n)\s*(?:\d+\s*[.):]\s*)?\**\(?\[?([A-Z])\]?\)?\**\s*(?:[.:,)\]]|$|\n)")
_ANY = re.compile(r"(?<![A-Za-z'])([A-Z])(?![A-Za-z'])")


def parse_letter(text: str, options: Mapping[str, str]) -> str | None:
    """The chosen option.

    Args:
        text: what the model said.
        options: letter → text as they were shown.

    Returns:
        One of the letters, or None: nothing said, two said, or a letter that was not offered.
    """
    tagged = _TAGGED.findall(text)
    said = (tagged[-1] if tagged else _THOUGHT.sub(" ", text)).strip()
    for pattern in (_SAID, _ALONE):
        found = [letter.upper() for letter in pattern.findall(said)]
        offered: list[str] = [letter for letter in found if letter in options]
        if offered:
            return offered[-1]
        if found and pattern is _ALONE:
            return None
    repeated = _repeated(said, options)
    if repeated is not None:
        return repeated
    loose = {letter for letter in _ANY.findall(said) if letter in options}
    return loose.pop() if len(loose) == 1 and loose != {"A"} else None  # "A" alone is as a rule the article


def _plain(text: str) -> str:
    return " ".join(re.sub(r"[^\w\s]", " ", text.lower()).split())


def _repeated(said: str, options: Mapping[str, str]) -> str | None:
    """The one option whose words were repeated; the longest where one contains another."""
    words = f" {_plain(said)} "
    found = [letter for letter, text in options.items() if _plain(text) and f" {_plain(text)} " in words]
    if len(found) > 1:
        longest = max(found, key=lambda letter: len(options[letter]))
        if all(f" {_plain(options[letter])} " in f" {_plain(options[longest])} " for letter in found):
            return longest
        return None
    return found[0] if found else None
