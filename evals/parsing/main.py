"""`redrabbit eval run parsing`: sentences written by hand → Blueprints, scored by field.

`all_fields` counts every field of every sentence, those that should stay unknown included; `spoken` only the fields
that a sentence gives, which is the harder figure. `kept_unknown` is the share of fields rightly left empty. Each set
was scored before anything was changed for it (`first_seen`); today's figures on all of them are not held-out. The
parser has no randomness: the seed moves only the bootstrap intervals.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from evals.common import bootstrap_interval
from evals.parsing.score import FIELDS, Judged, confusion, judge, load, share
from tools.blueprint.model import Blueprint
from tools.blueprint.parser import parse
from tools.vision.images import write_atomic

QUICK = ("first",)
RESAMPLES = 1000
FIRST_SEEN = {"fourth": {"all_fields": 0.958, "spoken": 0.922}, "fifth": {"all_fields": 0.977, "spoken": 0.961}}
"""What a set scored when it was new, as measured then; a few of its labels were corrected afterwards."""


def run(*, seed: int, quick: bool, out: Path) -> dict[str, Any]:
    """Score the parser.

    Args:
        seed: of the bootstrap.
        quick: only the first set of sentences.
        out: gets `log.jsonl`, a line a sentence with what was expected and found.
    """
    cases = load(QUICK if quick else None)
    seconds: list[float] = []

    def timed(text: str) -> Blueprint:
        start = time.perf_counter()
        blueprint = parse(text).blueprint
        seconds.append(time.perf_counter() - start)
        return blueprint

    judged = judge(cases, timed)
    _log(judged, out)
    print(f"{len(cases)} sentences", file=sys.stderr)
    spoken = [item for item in judged if item.expected is not None]
    silent = [item for item in judged if item.expected is None]
    tags = sorted({tag for case in cases for tag in case.tags})
    return {
        "sentences": len(cases),
        "share_hard": round(sum(_hard(case.tags) for case in cases) / len(cases), 3),
        "all_fields": _interval(judged, seed),
        "spoken": _interval(spoken, seed),
        "kept_unknown": share(silent),
        "whole_sentences": _whole(judged),
        "fields": {name: _of_field(judged, name) for name in FIELDS},
        "by_set": {name: share([i for i in judged if i.case.name.startswith(f"{name}:")]) for name in _sets(judged)},
        "first_seen": FIRST_SEEN,
        "by_tag": {tag: share([item for item in judged if tag in item.case.tags]) for tag in tags},
        "confusion": confusion(judged),
        "wrong": [_line(item) for item in judged if not item.right],
        "ms_per_sentence_median": round(1000 * sorted(seconds)[len(seconds) // 2], 2),
    }


def _hard(tags: Sequence[str]) -> bool:
    return bool({"typo", "negation", "distractor", "implied", "german"} & set(tags))


def _sets(judged: Sequence[Judged]) -> list[str]:
    return sorted({item.case.name.split(":")[0] for item in judged})


def _interval(judged: Sequence[Judged], seed: int) -> dict[str, float]:
    """The share right with a bootstrap interval over sentences."""
    names = sorted({item.case.name for item in judged})
    place = {name: index for index, name in enumerate(names)}
    right, total = [0] * len(names), [0] * len(names)
    for item in judged:
        right[place[item.case.name]] += item.right
        total[place[item.case.name]] += 1
    values = bootstrap_interval(
        lambda chosen: sum(right[i] for i in chosen) / sum(total[i] for i in chosen),
        len(names),
        seed=seed,
        resamples=RESAMPLES,
    )
    return {key: round(value, 4) for key, value in values.items()}


def _whole(judged: Sequence[Judged]) -> float:
    """The share of sentences with all ten fields right."""
    wrong = {item.case.name for item in judged if not item.right}
    names = {item.case.name for item in judged}
    return round(1 - len(wrong) / len(names), 4)


def _of_field(judged: Sequence[Judged], name: str) -> dict[str, Any]:
    chosen = [item for item in judged if item.field == name]
    return {
        "accuracy": share(chosen),
        "spoken": share([item for item in chosen if item.expected is not None]),
        "kept_unknown": share([item for item in chosen if item.expected is None]),
        "n_spoken": sum(item.expected is not None for item in chosen),
    }


def _line(item: Judged) -> dict[str, Any]:
    return {"text": item.case.text, "field": item.field, "expected": item.expected, "found": item.found}


def _log(judged: Sequence[Judged], out: Path) -> None:
    by_case: dict[str, dict[str, Any]] = {}
    for item in judged:
        line = by_case.setdefault(
            item.case.name, {"name": item.case.name, "text": item.case.text, "expected": {}, "found": {}, "wrong": []}
        )
        line["expected"][item.field], line["found"][item.field] = item.expected, item.found
        if not item.right:
            line["wrong"].append(item.field)
    text = "".join(f"{json.dumps(line, ensure_ascii=False)}\n" for line in by_case.values())
    out.mkdir(parents=True, exist_ok=True)
    write_atomic(out / "log.jsonl", text.encode())
