"""`redrabbit eval run calibration`: a known parameter set, a known distribution, then real photos where they are."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from evals.calibration import distribution, real, recovery
from evals.common import REAL_DATA


def run(*, seed: int, quick: bool, out: Path) -> dict[str, Any]:
    """Ten seeds of ten iterations, five for the distribution (quick: one of three).

    The real part is None without the photos.
    """
    iterations = 3 if quick else 10
    found: dict[str, Any] = {
        "recovery": recovery.run(seed=seed, seeds=1 if quick else 10, iterations=iterations, out=out),
        "distribution": distribution.run(seed=seed, seeds=1 if quick else 5, iterations=iterations, out=out),
    }
    has_photos = (REAL_DATA / "magnetic_tile").is_dir()
    found["real"] = real.run(seed=seed, quick=quick, out=out) if has_photos else None
    return found
