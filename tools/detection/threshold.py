"""How many held-out good parts may lie above a threshold for a promise about false alarms to hold.

Distribution-free: only ranks of held-out good scores are used. Knows the statistics, not where scores come from.

With n held-out scores and the threshold at the (k+1)-th largest, the share of all good parts above it is distributed as
Beta(k + 1, n - k) (one-sided tolerance limit, Wilks 1941; the same numbers as the Clopper-Pearson bound). Of the next m
parts, the number above it is beta-binomial with the same parameters.
"""

from __future__ import annotations

import math

from pydantic import BaseModel, ConfigDict, Field
from scipy import stats


class Promise(BaseModel):
    """What is promised: at most `rate` of good parts flagged, with this confidence.

    `lot_size`: the promise is about that many next parts; None: about the long run.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    rate: float = Field(gt=0.0, lt=1.0)
    confidence: float = Field(default=0.95, gt=0.0, lt=1.0)
    lot_size: int | None = Field(default=None, ge=1)

    def words(self) -> str:
        """The promise as a sentence."""
        who = "of good parts" if self.lot_size is None else f"of the next {self.lot_size} good parts"
        return f"at most {self.rate:.3g} {who} are flagged, with {self.confidence:.0%} confidence"


def holds(held_out: int, above: int, promise: Promise) -> bool:
    """Does the promise hold with `above` of `held_out` good parts above the threshold?"""
    if above >= held_out:
        return False
    first, second = above + 1, held_out - above
    if promise.lot_size is None:
        return bool(stats.beta.cdf(promise.rate, first, second) >= promise.confidence)
    allowed = math.floor(promise.rate * promise.lot_size + 1e-9)
    return bool(stats.betabinom.cdf(allowed, promise.lot_size, first, second) >= promise.confidence)


def allowed_above(held_out: int, promise: Promise) -> int | None:
    """The largest number of held-out good parts above the threshold with which the promise still holds; None where it
    does not even hold with 0."""
    if not holds(held_out, 0, promise):
        return None
    low, high = 0, held_out  # holds at low, not at high
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if holds(held_out, middle, promise) else (low, middle)
    return low


def needed_good(promise: Promise) -> int | None:
    """The smallest number of held-out good parts with which the promise can hold at all.

    None where no number is enough (a lot so small that luck alone breaks the promise).
    """
    high = 1
    while not holds(high, 0, promise):
        high *= 2
        if high > 10_000_000:
            return None
    low = high // 2
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if holds(middle, 0, promise) else (middle, high)
    return high


def upper_bound(held_out: int, above: int, confidence: float) -> float:
    """One-sided Clopper-Pearson bound of the share of good parts above a threshold that `above` of `held_out` pass."""
    if above >= held_out:
        return 1.0
    return float(stats.beta.ppf(confidence, above + 1, held_out - above))
