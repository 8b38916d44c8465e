"""Has the line changed since the bundle was fitted? Scores and embeddings of today's parts against those at fit.

Population stability index (PSI) over ten quantile bins and the two-sample Kolmogorov-Smirnov test for scores; for
embeddings, the same on the distance to the nearest good photo. Common practice reads PSI below 0.1 as stable, 0.1 to
0.25 as worth a look, above as changed; with few photos PSI is large by chance, so chance is simulated beside it.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict
from scipy import stats

from tools.detection.bundle import Bundle
from tools.detection.errors import DetectionInputError
from tools.vision.types import RgbImage

BINS = 10
PSI_LOOK = 0.1
PSI_ALARM = 0.25
P_ALARM = 0.001
MIN_PHOTOS = 20
SIMULATIONS = 300


class Shift(BaseModel):
    """One quantity, then and now."""

    model_config = ConfigDict(frozen=True)

    name: str
    psi: float
    psi_by_chance: float
    """99th percentile of PSI for as many photos drawn from the good ones."""
    ks: float
    p_value: float
    then_median: float
    now_median: float
    level: str
    """`stable`, `look` or `alarm`."""


class DriftReport(BaseModel):
    """Every quantity, and the worst level."""

    model_config = ConfigDict(frozen=True)

    photos: int
    shifts: tuple[Shift, ...]
    level: str
    words: str


def psi(then: NDArray[np.float64], now: NDArray[np.float64]) -> float:
    """Population stability index of `now` against quantile bins of `then`; shares are kept above half a photo."""
    edges = np.unique(np.quantile(then, np.linspace(0, 1, BINS + 1)[1:-1]))
    counts = [np.bincount(np.searchsorted(edges, values), minlength=len(edges) + 1) for values in (then, now)]
    first, second = (np.maximum(count, 0.5) / max(count.sum(), 1) for count in counts)
    return float(((second - first) * np.log(second / first)).sum())


def compare(name: str, then: Sequence[float], now: Sequence[float], *, seed: int = 0) -> Shift:
    """Then and now of one quantity."""
    before, after = np.asarray(then, float), np.asarray(now, float)
    index = psi(before, after)
    generator = np.random.default_rng(seed)
    chance = [psi(before, generator.choice(before, len(after))) for _ in range(SIMULATIONS)]
    limit = float(np.quantile(chance, 0.99))
    test = stats.ks_2samp(before, after)
    changed = test.pvalue < P_ALARM and index > max(PSI_ALARM, limit)
    doubtful = test.pvalue < 0.05 and index > max(PSI_LOOK, limit)
    return Shift(
        name=name,
        psi=index,
        psi_by_chance=limit,
        ks=float(test.statistic),
        p_value=float(test.pvalue),
        then_median=float(np.median(before)),
        now_median=float(np.median(after)),
        level="alarm" if changed else "look" if doubtful else "stable",
    )


def check_drift(bundle: Bundle, photos: Sequence[RgbImage], *, seed: int = 0) -> DriftReport:
    """Compare today's photos, which should be nearly all of good parts, with those at fit.

    Raises:
        DetectionInputError: fewer than 20 photos.
    """
    if len(photos) < MIN_PHOTOS:
        raise DetectionInputError(f"{len(photos)} photos are too few to see drift; give at least {MIN_PHOTOS}")
    scores = [found.score for first in range(0, len(photos), 8) for found in bundle.predict(photos[first : first + 8])]
    shifts = [compare("score", bundle.calibration.good_scores, scores, seed=seed)]
    reference = bundle.suitability.embeddings
    if bundle.manifest.backbone is not None and len(reference) > 1:
        vectors = [bundle.embed([photo]) for photo in photos]
        now = [bundle.suitability.distance(one[0]) for one in vectors if one is not None]
        closeness = reference @ reference.T
        np.fill_diagonal(closeness, -1.0)
        shifts.append(compare("embedding distance", (1.0 - closeness.max(axis=1)).tolist(), now, seed=seed))
    level = max((shift.level for shift in shifts), key=("stable", "look", "alarm").index)
    return DriftReport(photos=len(photos), shifts=tuple(shifts), level=level, words=_words(shifts, level))


def _words(shifts: Sequence[Shift], level: str) -> str:
    if level == "stable":
        return "No drift: scores and pictures look as they did at fit."
    told = "; ".join(
        f"{shift.name}: median {shift.then_median:.4g} then, {shift.now_median:.4g} now, PSI {shift.psi:.2f}"
        for shift in shifts
        if shift.level != "stable"
    )
    head = "DRIFT" if level == "alarm" else "Possible drift"
    return f"{head}: {told}. Check light, camera and part; then fit again with new good photos."
