"""The operating table: what each choice of threshold costs, where bad parts (real or sculpted) are at hand.

Three rows that people ask for: miss none of the known bad parts, the least cost for given costs of a miss and a false
alarm, and a stated share of false alarms.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict

from tools.detection.errors import DetectionInputError
from tools.detection.threshold import upper_bound


class OperatingPoint(BaseModel):
    """One threshold and what follows. Rates are shares of the photos at hand; bounds hold with `confidence`."""

    model_config = ConfigDict(frozen=True)

    name: str
    threshold: float
    false_alarms: int
    good: int
    misses: int
    bad: int
    false_alarm_rate: float
    false_alarm_bound: float
    miss_rate: float
    miss_bound: float
    cost: float | None = None
    """Mean cost a part at the stated share of bad parts."""


def operating_table(
    good_scores: Sequence[float],
    bad_scores: Sequence[float],
    *,
    cost_miss: float = 10.0,
    cost_false_alarm: float = 1.0,
    bad_share: float = 0.05,
    target_rates: Sequence[float] = (0.01, 0.05),
    confidence: float = 0.95,
) -> list[OperatingPoint]:
    """The rows `zero_miss`, `min_cost`, `fpr_<rate>`.

    Args:
        good_scores: held-out scores of good parts, higher is worse.
        bad_scores: scores of bad parts that were not used at fit.
        cost_miss: cost of passing a bad part.
        cost_false_alarm: cost of stopping a good one, in the same unit.
        bad_share: share of bad parts on the line, for costs.
        target_rates: wanted shares of false alarms.
        confidence: of the one-sided Clopper-Pearson bounds.

    Raises:
        DetectionInputError: no score of one kind, a score that is not finite, or costs below 0.
    """
    good, bad = np.sort(np.asarray(good_scores, float)), np.sort(np.asarray(bad_scores, float))
    if not len(good) or not len(bad) or not (np.isfinite(good).all() and np.isfinite(bad).all()):
        raise DetectionInputError("an operating table needs finite scores of good and of bad parts")
    if cost_miss < 0 or cost_false_alarm < 0 or not 0 < bad_share < 1:
        raise DetectionInputError("costs must not be below 0 and the share of bad parts lies between 0 and 1")

    def point(name: str, threshold: float) -> OperatingPoint:
        alarms, misses = int((good >= threshold).sum()), int((bad < threshold).sum())
        cost = bad_share * cost_miss * misses / len(bad) + (1 - bad_share) * cost_false_alarm * alarms / len(good)
        return OperatingPoint(
            name=name,
            threshold=threshold,
            false_alarms=alarms,
            good=len(good),
            misses=misses,
            bad=len(bad),
            false_alarm_rate=alarms / len(good),
            false_alarm_bound=upper_bound(len(good), alarms, confidence),
            miss_rate=misses / len(bad),
            miss_bound=upper_bound(len(bad), misses, confidence),
            cost=cost,
        )

    every = [point("min_cost", threshold) for threshold in _candidates(good, bad)]
    cheapest = min(every, key=lambda one: (one.cost, -one.threshold))
    rows = [point("zero_miss", float(bad[0])), cheapest]
    for rate in target_rates:
        above = int(np.floor(rate * len(good)))
        threshold = float(np.nextafter(good[-1 - above], np.inf))
        rows.append(point(f"fpr_{rate:g}", threshold))
    return rows


def _candidates(good: NDArray[np.float64], bad: NDArray[np.float64]) -> list[float]:
    """Thresholds between neighbouring scores, and beyond both ends."""
    both = np.unique(np.concatenate([good, bad]))
    return [float(both[0]), *((both[1:] + both[:-1]) / 2).tolist(), float(np.nextafter(both[-1], np.inf))]


def table_markdown(rows: Sequence[OperatingPoint]) -> str:
    """The table for people."""
    head = ["| point | threshold | false alarms | at most | misses | at most | cost |", "|---|---|---|---|---|---|---|"]
    lines = [
        f"| {one.name} | {one.threshold:.5g} | {one.false_alarms}/{one.good} = {one.false_alarm_rate:.1%} | "
        f"{one.false_alarm_bound:.1%} | {one.misses}/{one.bad} = {one.miss_rate:.1%} | {one.miss_bound:.1%} | "
        f"{'' if one.cost is None else f'{one.cost:.4g}'} |"
        for one in rows
    ]
    return "\n".join([*head, *lines]) + "\n"
