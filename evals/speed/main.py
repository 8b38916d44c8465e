"""`redrabbit eval run speed`: every measurement of this package that exists, one after the other.

A measurement is a module with `measure(*, seed, quick) -> dict`: `<what>` → `per_second`, `peak_mb` and, where there is
a peer, `ratio_to_peer` and `peer`.
"""

from __future__ import annotations

import importlib
import sys
from pathlib import Path
from typing import Any

MEASUREMENTS = ("render", "detection", "text", "service")


def run(*, seed: int, quick: bool, out: Path) -> dict[str, Any]:  # noqa: ARG001
    """All tables, merged."""
    speed: dict[str, Any] = {}
    for name in MEASUREMENTS:
        if not Path(__file__).with_name(f"{name}.py").exists():
            continue
        print(f"speed: {name}", file=sys.stderr)
        speed |= importlib.import_module(f"evals.speed.{name}").measure(seed=seed, quick=quick)
    return {"speed": speed}
