"""Where the time of an inspection goes: milliseconds by stage, and their percentiles."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np

STAGES = ("decode", "detect", "judge", "write")


class Profile:
    """Collects stage times of one run."""

    def __init__(self) -> None:
        self.started = time.perf_counter()
        self.stages: dict[str, list[float]] = {}
        self.totals: dict[str, float] = {}
        self.errors = 0

    def add(self, stage: str, milliseconds: float) -> None:
        """One image's time in a stage."""
        self.stages.setdefault(stage, []).append(milliseconds)

    @contextmanager
    def once(self, name: str) -> Iterator[None]:
        """Time something that happens once, such as loading the bundle."""
        started = time.perf_counter()
        yield
        self.totals[name] = self.totals.get(name, 0.0) + (time.perf_counter() - started) * 1e3

    def summary(self) -> dict[str, Any]:
        """Images, errors, seconds in all, and for each stage `count`, `total_ms`, `mean_ms`, `p50_ms`, `p90_ms`,
        `p99_ms`, `max_ms`."""
        stages = {}
        for name, values in self.stages.items():
            middle, high, top = np.percentile(values, [50, 90, 99])
            stages[name] = {
                "count": len(values),
                "total_ms": round(float(np.sum(values)), 3),
                "mean_ms": round(float(np.mean(values)), 3),
                "p50_ms": round(float(middle), 3),
                "p90_ms": round(float(high), 3),
                "p99_ms": round(float(top), 3),
                "max_ms": round(float(np.max(values)), 3),
            }
        images = max((len(values) for values in self.stages.values()), default=0)
        seconds = time.perf_counter() - self.started
        return {
            "tool": "redrabbit inspect",
            "images": images,
            "errors": self.errors,
            "seconds": round(seconds, 3),
            "images_per_second": round(images / seconds, 2) if seconds > 0 else None,
            "once_ms": {name: round(value, 3) for name, value in self.totals.items()},
            "stages": stages,
        }


def table(summary: dict[str, Any]) -> str:
    """The summary as plain text."""
    head = f"{'stage':<10}{'images':>8}{'mean':>10}{'p50':>10}{'p90':>10}{'p99':>10}{'max':>10}  ms"
    rows = [
        f"{name:<10}{one['count']:>8}"
        + "".join(f"{one[f'{key}_ms']:>10.2f}" for key in ("mean", "p50", "p90", "p99", "max"))
        for name, one in summary["stages"].items()
    ]
    once = ", ".join(f"{name} {value:.0f} ms" for name, value in summary["once_ms"].items())
    tail = f"{summary['images']} images in {summary['seconds']:.2f} s ({summary['images_per_second']} a second)"
    return "\n".join([head, *rows, tail + (f"; {once}" if once else "")])
