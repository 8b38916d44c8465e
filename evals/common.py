"""What every evaluation shares: the envelope of a result, bootstrap intervals and machine facts."""

from __future__ import annotations

import os
import platform
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

ROOT = Path(__file__).resolve().parent.parent
REAL_DATA = Path(os.environ.get("REDRABBIT_REAL_DATA", ROOT.parent / "shared" / "data"))
"""Where real test images lie: `magnetic_tile/`, `deeppcb/`."""


def machine() -> dict[str, Any]:
    """Processor, cores, Python and torch version: enough to judge a timing."""
    name = platform.processor() or platform.machine()
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.exists():
        models = [line.split(":", 1)[1].strip() for line in cpuinfo.read_text().splitlines() if "model name" in line]
        name = models[0] if models else name
    return {"cpu": name, "cores": os.cpu_count(), "python": platform.python_version(), "platform": sys.platform}


def commit() -> str | None:
    """The commit that is checked out, `+` appended where the tree differs from it; None outside git."""

    def git(*arguments: str) -> str | None:
        done = subprocess.run(["git", *arguments], cwd=ROOT, capture_output=True, text=True, check=False)
        return done.stdout.strip() if done.returncode == 0 else None

    head = git("rev-parse", "--short=12", "HEAD")
    return f"{head}+" if head and git("status", "--porcelain", "--untracked-files=no") else head


def bootstrap_interval(
    statistic: Callable[[NDArray[np.intp]], float],
    count: int,
    *,
    seed: int,
    resamples: int = 1000,
    level: float = 0.95,
    strata: Sequence[int] | None = None,
) -> dict[str, float]:
    """Percentile bootstrap of a statistic over items (Efron 1979).

    Args:
        statistic: item indices (with repeats) to a value.
        count: number of items.
        seed: of the resampling.
        resamples: how many.
        level: of the interval.
        strata: a label an item; resampling keeps each label's number, so that a metric of two classes never loses one.

    Returns:
        `value` on all items, `low` and `high`.
    """
    generator = np.random.default_rng(seed)
    everything = np.arange(count)
    labels = np.zeros(count, dtype=int) if strata is None else np.asarray(strata)
    groups = [everything[labels == label] for label in np.unique(labels)]
    values = [
        statistic(np.concatenate([generator.choice(group, size=len(group)) for group in groups]))
        for _ in range(resamples)
    ]
    tail = (1 - level) / 2
    low, high = np.nanquantile(values, [tail, 1 - tail])
    return {"value": float(statistic(everything)), "low": float(low), "high": float(high)}
