"""Texts that were written before the checker had seen their like: how many honest ones it blocks, how many lies it lets
through.

`unseen.json` holds batches in the order in which they were written. `first_sight` is what the checker of that day did
with a batch; what a batch showed then went into the checker, so today's figures on it are no independent measure. The
newest batch's first sight is what to expect of a new model's wording.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any, TypedDict

from agent.report.checker import check_sentence
from agent.report.schema import Sentence
from evals.report.scenes import scenes

_FILE = Path(__file__).parent / "unseen.json"


class Text(TypedDict):
    """One text."""

    scene: str
    language: str
    honest: bool
    text: str
    evidence: str
    """Ids, with blanks between."""


class Batch(TypedDict):
    """Texts written together."""

    name: str
    first_sight: dict[str, list[int]]
    """Language → honest blocked, honest, lies missed, lies."""
    texts: list[Text]


@lru_cache(maxsize=1)
def batches() -> list[Batch]:
    """Oldest first."""
    found: list[Batch] = json.loads(_FILE.read_text(encoding="utf-8"))
    return found


def misjudged(texts: Sequence[Text]) -> list[Text]:
    """Honest texts that are blocked and lies that pass."""
    known = scenes()
    wrong = []
    for one in texts:
        sentence = Sentence(text=one["text"], evidence=tuple(one["evidence"].split()))
        problems = check_sentence(sentence, known[one["scene"]], language=one["language"])
        if bool(problems) == one["honest"]:
            wrong.append(one)
    return wrong


def run() -> dict[str, Any]:
    """Each batch at first sight and today."""
    return {
        batch["name"]: {"first_sight": batch["first_sight"], "today": _counted(batch["texts"])} for batch in batches()
    }


def _counted(texts: Sequence[Text]) -> dict[str, list[int]]:
    wrong = misjudged(texts)
    found = {}
    for language in dict.fromkeys(one["language"] for one in texts):
        counts = []
        for honest in (True, False):
            counts += [
                sum(one["language"] == language and one["honest"] == honest for one in listed)
                for listed in (wrong, texts)
            ]
        found[language] = counts
    return found
