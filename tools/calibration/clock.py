"""Where a run's time goes, by stage."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager


class Clock:
    """Seconds by stage, summed; wall time, and processor time of the whole process beside it."""

    def __init__(self) -> None:
        self.wall: dict[str, float] = {}
        self.processor: dict[str, float] = {}

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        """Add the time of the block to a stage."""
        wall, processor = time.monotonic(), time.process_time()
        try:
            yield
        finally:
            self.wall[name] = self.wall.get(name, 0.0) + time.monotonic() - wall
            self.processor[name] = self.processor.get(name, 0.0) + time.process_time() - processor

    def summary(self) -> dict[str, dict[str, float]]:
        """Stage → `wall_s` and `processor_s`."""
        return {
            name: {"wall_s": round(seconds, 2), "processor_s": round(self.processor[name], 2)}
            for name, seconds in self.wall.items()
        }
