"""Where a calibration ended; `result.json` in the experiment's folder."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from tools.calibration.space import Value


@dataclass
class Outcome:
    """Where a run ended."""

    best: dict[str, Value]
    mmd2: float
    threshold: float
    iterations: int
    converged: bool
    stopped_because: str
    images: int
    mixture: list[dict[str, Any]] = field(default_factory=list)
    """`share` and `parameters` of the sets that together lie nearest to the real images: draw from these."""
    seconds: dict[str, dict[str, float]] = field(default_factory=dict)
    """Stage → seconds of this process; a resumed run counts what it did itself."""
    history: list[dict[str, Any]] = field(default_factory=list)
