"""Two runs on the same questions, paired: McNemar's exact test and a bootstrap of the difference over images."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from scipy.stats import binomtest

from evals.mmad.errors import MmadInputError
from evals.mmad.log import answered, read_log, read_run
from evals.mmad.score import LEVEL, RESAMPLES, Table, summarise


def compare(first: Path, second: Path, *, seed: int = 0) -> dict[str, Any]:
    """Compare two logs on the questions that both hold.

    An answer that is no letter counts as wrong. `difference` is second minus first of the strict average.

    Raises:
        MmadInputError: a folder without a log, or no question in common.
    """
    one = {line["id"]: line for line in read_log(first)}
    other = {line["id"]: line for line in read_log(second)}
    common = [key for key in one if key in other]
    if not common:
        raise MmadInputError(f"{first} and {second} have no question in common; compare runs on the same questions")
    left, right = [one[key] for key in common], [other[key] for key in common]
    subtasks = list(dict.fromkeys(str(line["subtask"]) for line in left))
    return {
        "first": _name(first),
        "second": _name(second),
        "n_questions": len(common),
        "only_in_first": len(one) - len(common),
        "only_in_second": len(other) - len(common),
        "strict": {"first": _strict(left), "second": _strict(right)},
        "difference": _difference(left, right, seed),
        "mcnemar": mcnemar(left, right),
        "by_subtask": {
            name: mcnemar(*(([line for line in lines if line["subtask"] == name]) for lines in (left, right)))
            for name in subtasks
        },
    }


def mcnemar(first: Sequence[Mapping[str, Any]], second: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """McNemar's exact test (1947) on paired right and wrong answers, two-sided."""
    only_first = sum(a["right"] and not b["right"] for a, b in zip(first, second, strict=True))
    only_second = sum(b["right"] and not a["right"] for a, b in zip(first, second, strict=True))
    discordant = only_first + only_second
    p = float(binomtest(only_second, discordant, 0.5).pvalue) if discordant else 1.0
    return {
        "n": len(first),
        "right_first": sum(bool(line["right"]) for line in first),
        "right_second": sum(bool(line["right"]) for line in second),
        "only_first": only_first,
        "only_second": only_second,
        "p": round(p, 6),
    }


def _strict(lines: Sequence[Mapping[str, Any]]) -> float | None:
    value = summarise(answered(lines), resamples=1)["strict"]["average"]
    return None if value is None else float(value)


def _difference(left: Sequence[Mapping[str, Any]], right: Sequence[Mapping[str, Any]], seed: int) -> dict[str, Any]:
    """Second minus first of the strict average; both on the same resamples of images."""
    tables = [Table(answered(lines)) for lines in (left, right)]
    draws = tables[0].draws(seed, RESAMPLES)
    whole = np.ones((1, draws.shape[1]))
    values = [table.averages(whole) for table in tables]
    spreads = [table.averages(draws) for table in tables]
    low, high = np.nanquantile(spreads[1] - spreads[0], [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
    return {
        "value": round(float(values[1][0] - values[0][0]), 6),
        "low": round(float(low), 6),
        "high": round(float(high), 6),
        "level": LEVEL,
    }


def _name(folder: Path) -> str:
    run = read_run(folder)
    return f"{run['answerer']} ({run['condition']})" if run else folder.name
