"""How fast sentences are read: the parser, and MiniLM embeddings."""

from __future__ import annotations

import resource
import time
from collections.abc import Callable
from typing import Any

SENTENCE = "a 3 mm oxidised scratch on a curved brass fitting, top left, number {}"


def _rate(work: Callable[[int], object], seconds: float) -> float:
    work(0)
    started, count = time.perf_counter(), 0
    while time.perf_counter() - started < seconds:
        count += 1
        work(count)
    return count / (time.perf_counter() - started)


def measure(*, seed: int, quick: bool) -> dict[str, Any]:  # noqa: ARG001
    """Sentences a second on one core, warm."""
    from knowledge.embedding import embed_texts
    from tools.blueprint.parser import parse

    seconds = 1.0 if quick else 5.0
    rates = {
        "parse_sentence": _rate(lambda number: parse(SENTENCE.format(number)), seconds),
        "embed_sentence": _rate(lambda number: embed_texts([SENTENCE.format(number)]), seconds),
    }
    peak_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return {name: {"per_second": round(rate, 1), "peak_mb": round(peak_mb)} for name, rate in rates.items()}
