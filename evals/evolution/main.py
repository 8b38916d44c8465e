"""`redrabbit eval run evolution`: both studies."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from evals.evolution import auto, human
from evals.evolution.cases import BLUEPRINTS


def run(*, seed: int, quick: bool, out: Path) -> dict[str, Any]:
    """12 Blueprints x 10 seeds (quick: 6 x 2)."""
    size = {"blueprints": 6 if quick else len(BLUEPRINTS), "seeds": 2 if quick else 10}
    return {"auto": auto.run(seed=seed, out=out, **size), "human": human.run(seed=seed, out=out, **size)}
