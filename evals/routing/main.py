"""`redrabbit eval run routing`: utterances written by hand → intents, without the help of any situation.

Each batch was written and scored before the seeds were widened because of it, so today's figures on the older ones are
not held-out; `first_seen` has what each scored when it was new (6 terse and sloppy on purpose, 7 and 8 indirect and
long, 9 plain and by another author). The last one changed nothing: `held_out` is its figure. Utterances that have
become seed phrases word for word are left out and counted. An utterance counts as right only by its likeliest intent;
whether the model would have asked is reported beside it. There is no randomness: the seed moves only the bootstrap
intervals.
"""

from __future__ import annotations

import json
import sys
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from agent.models.offline.router import Routing, get_router
from agent.models.offline.seeds import Phrase, read_phrases
from evals.common import bootstrap_interval
from tools.vision.images import write_atomic

HERE = Path(__file__).parent
HELD_OUT = "batch_9"
FIRST_SEEN = {
    "batch_1": 0.960, "batch_2": 0.833, "batch_3": 0.754, "batch_4": 0.953, "batch_5": 0.930, "batch_6": 0.914,
    "batch_7": 0.915, "batch_8": 0.891, "batch_9": 0.980,
}  # fmt: skip
"""Accuracy when a batch was new, as measured then; kept as a record, not computed."""


@dataclass(frozen=True)
class Judged:
    """One utterance with what was read in it."""

    batch: str
    phrase: Phrase
    routing: Routing

    @property
    def right(self) -> bool:
        """The likeliest intent is the expected one."""
        return self.routing.intent == self.phrase.intent


def run(*, seed: int, quick: bool, out: Path) -> dict[str, Any]:
    """Score the router.

    Args:
        seed: of the bootstrap.
        quick: only the held-out batch.
        out: gets `log.jsonl`, a line an utterance.
    """
    written = {path.stem: read_phrases(path) for path in sorted(HERE.glob("batch_*.txt"))}
    seeds = frozenset(_plain(phrase.text) for phrase in read_phrases())
    batches = {name: _without_seeds(phrases, seeds) for name, phrases in written.items()}
    chosen = {HELD_OUT: batches[HELD_OUT]} if quick else batches
    router = get_router()
    judged: list[Judged] = []
    started = time.perf_counter()
    for name, phrases in chosen.items():
        judged += [Judged(name, phrase, router.route(phrase.text)) for phrase in phrases]
        print(f"{name}: {len(phrases)} utterances", file=sys.stderr)
    milliseconds = 1000 * (time.perf_counter() - started) / len(judged)
    _log(judged, out)
    held_out = [item for item in judged if item.batch == HELD_OUT]
    return {
        "utterances": len(judged),
        "left_out_seed_phrases": sum(len(written[name]) - len(batches[name]) for name in chosen),
        "threshold": round(router.threshold, 3),
        "milliseconds_each": round(milliseconds, 1),
        "held_out": {"batch": HELD_OUT, **_figures(held_out, seed)},
        "all": _figures(judged, seed),
        "by_batch": {name: _figures([i for i in judged if i.batch == name], seed) for name in chosen},
        "by_language": {code: _share([i for i in judged if i.phrase.language == code]) for code in ("en", "de")},
        "by_intent": {name: _share([i for i in judged if i.phrase.intent == name]) for name in router.intents},
        "first_seen": FIRST_SEEN,
        "confusion": _confusion(judged),
    }


def _figures(judged: list[Judged], seed: int) -> dict[str, Any]:
    """Accuracy with its interval, coverage (answered without asking), and how often a wrong reading was asked about."""
    sure = [item for item in judged if item.routing.sure]
    wrong = [item for item in judged if not item.right]
    hits = [item.right for item in judged]
    accuracy = bootstrap_interval(lambda index: sum(hits[i] for i in index) / len(index), len(hits), seed=seed)
    return {
        "count": len(judged),
        "accuracy": accuracy,
        "coverage": round(len(sure) / len(judged), 4),
        "accuracy_when_sure": _share(sure),
        "asked_when_wrong": round(sum(not item.routing.sure for item in wrong) / len(wrong), 4) if wrong else None,
    }


def _share(judged: list[Judged]) -> float | None:
    return round(sum(item.right for item in judged) / len(judged), 4) if judged else None


def _without_seeds(phrases: list[Phrase], seeds: frozenset[str]) -> list[Phrase]:
    """Utterances that are no seed phrase word for word."""
    return [phrase for phrase in phrases if _plain(phrase.text) not in seeds]


def _plain(text: str) -> str:
    return text.lower().strip(" .!?")


def _confusion(judged: list[Judged]) -> list[dict[str, Any]]:
    counts = Counter((item.phrase.intent, item.routing.intent) for item in judged if not item.right)
    return [{"expected": a, "found": b, "count": count} for (a, b), count in counts.most_common()]


def _log(judged: list[Judged], out: Path) -> None:
    lines = [
        json.dumps(
            {
                "batch": item.batch,
                "text": item.phrase.text,
                "language": item.phrase.language,
                "expected": item.phrase.intent,
                "found": item.routing.intent,
                "confidence": round(item.routing.confidence, 4),
                "sure": item.routing.sure,
            },
            ensure_ascii=False,
        )
        for item in judged
    ]
    write_atomic(out / "log.jsonl", ("\n".join(lines) + "\n").encode())
