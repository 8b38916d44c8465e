"""A batch of inspections as numbers: Pareto of types, p-chart and EWMA of the NG rate, drift, examples.

Limits of the p-chart are exact binomial ones (99.73 %, as three sigma), since batches are small and NG parts rare. The
EWMA follows ISO 7870-6. Where no baseline rate is given, limits stand on the batch's own mean, which the summary says.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from pydantic import BaseModel, ConfigDict

from agent.report.errors import ReportInputError
from agent.report.facts import canonical_type
from tools.detection.records import InspectionRecord
from tools.detection.regions import UNKNOWN_TYPE

TAIL = 0.00135
"""Chance beyond three sigma on one side."""
LAMBDA = 0.1
WIDTH = 3.0
MIN_DRIFT = 20
"""OK parts a half that a drift test needs."""
DRIFT_LEVEL = 0.01


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class ParetoRow(_Frozen):
    """A type and how often it was found."""

    type: str
    count: int
    share: float
    cumulative: float


class ChartPoint(_Frozen):
    """One group of consecutive parts on the p-chart."""

    first: int
    """Number of its first part, from 1."""
    size: int
    ng: int
    rate: float
    low: float
    high: float
    signal: bool


class EwmaPoint(_Frozen):
    """The EWMA after one part."""

    value: float
    low: float
    high: float
    signal: bool


class Drift(_Frozen):
    """Scores of OK parts, first half against second half (two-sided Mann-Whitney test)."""

    first_median: float
    second_median: float
    p_value: float
    parts: int
    signal: bool


class Example(_Frozen):
    """A part worth looking at."""

    why: str
    """`worst`, `closest`, or a type."""
    image: str
    overlay: str | None
    report: str | None
    verdict: str
    score: float | None


class ShiftSummary(_Frozen):
    """Everything the summary shows."""

    parts: int
    verdicts: dict[str, int]
    ng_rate: float | None
    """NG over judged parts; None where none was judged."""
    ng_low: float | None
    ng_high: float | None
    """Wilson interval, 95 %."""
    baseline: float
    baseline_given: bool
    first_utc: str
    last_utc: str
    pareto: tuple[ParetoRow, ...]
    p_chart: tuple[ChartPoint, ...]
    ewma: tuple[EwmaPoint, ...]
    drift: Drift | None
    examples: tuple[Example, ...]
    scores: tuple[float | None, ...]
    score_threshold: float | None


def summarise(
    records: Sequence[InspectionRecord], *, baseline: float | None = None, group: int | None = None
) -> ShiftSummary:
    """Numbers of a batch, in the order of inspection.

    Args:
        records: the inspections.
        baseline: the NG rate that limits stand on, 0 to 1; the batch's own if not given.
        group: parts a point of the p-chart; a twentieth of the batch, at least ten, if not given.

    Raises:
        ReportInputError: no inspection, or a baseline that is no rate.
    """
    if not records:
        raise ReportInputError("there is no inspection to summarise; inspect photos first")
    if baseline is not None and not 0 <= baseline <= 1:
        raise ReportInputError(f"the baseline is {baseline:g}; a rate lies between 0 and 1")
    ordered = sorted(records, key=lambda record: record.time_utc)
    judged = [record for record in ordered if record.verdict != "cannot_judge"]
    bad = [record.verdict == "ng" for record in judged]
    rate = sum(bad) / len(bad) if bad else None
    low, high = wilson(sum(bad), len(bad)) if bad else (None, None)
    centre = baseline if baseline is not None else rate or 0.0
    times = [record.time_utc for record in ordered if record.time_utc]
    return ShiftSummary(
        parts=len(ordered),
        verdicts=dict(Counter(record.verdict for record in ordered)),
        ng_rate=rate,
        ng_low=low,
        ng_high=high,
        baseline=centre,
        baseline_given=baseline is not None,
        first_utc=times[0] if times else "",
        last_utc=times[-1] if times else "",
        pareto=pareto(ordered),
        p_chart=p_chart(bad, centre, group or max(10, math.ceil(len(bad) / 20))),
        ewma=ewma(bad, centre),
        drift=score_drift(judged),
        examples=_examples(ordered),
        scores=tuple(record.score for record in ordered),
        score_threshold=ordered[-1].score_threshold,
    )


def wilson(count: int, total: int, *, z: float = 1.959964) -> tuple[float, float]:
    """The Wilson score interval of a share (Wilson 1927)."""
    share = count / total
    centre = share + z * z / (2 * total)
    half = z * math.sqrt(share * (1 - share) / total + z * z / (4 * total * total))
    scale = 1 + z * z / total
    return max(0.0, (centre - half) / scale), min(1.0, (centre + half) / scale)


def pareto(records: Sequence[InspectionRecord]) -> tuple[ParetoRow, ...]:
    """Types of the findings on parts that did not pass, most frequent first."""
    names = Counter(
        UNKNOWN_TYPE if region.type == UNKNOWN_TYPE else canonical_type(region.type)
        for record in records
        if record.verdict in ("ng", "review")
        for region in record.regions
    )
    total, so_far, rows = sum(names.values()), 0, []
    for name, count in sorted(names.items(), key=lambda item: (-item[1], item[0])):
        so_far += count
        rows.append(ParetoRow(type=name, count=count, share=count / total, cumulative=so_far / total))
    return tuple(rows)


def p_chart(bad: Sequence[bool], centre: float, group: int) -> tuple[ChartPoint, ...]:
    """NG rates of consecutive groups with exact binomial limits; a short last group joins the one before."""
    from scipy.stats import binom

    starts = list(range(0, len(bad), group))
    if len(starts) > 1 and len(bad) - starts[-1] < group / 2:
        starts.pop()
    points = []
    for number, start in enumerate(starts):
        end = starts[number + 1] if number + 1 < len(starts) else len(bad)
        size, count = end - start, sum(bad[start:end])
        low = max(0.0, float(binom.ppf(TAIL, size, centre))) if centre > 0 else 0.0
        high = float(binom.ppf(1 - TAIL, size, centre)) if centre > 0 else 0.0
        points.append(
            ChartPoint(
                first=start + 1,
                size=size,
                ng=count,
                rate=count / size,
                low=low / size,
                high=high / size,
                signal=count > high or count < low,
            )
        )
    return tuple(points)


def ewma(bad: Sequence[bool], centre: float) -> tuple[EwmaPoint, ...]:
    """Exponentially weighted moving average of NG (0 or 1), with its time-dependent limits (ISO 7870-6)."""
    value, points = centre, []
    sigma = math.sqrt(centre * (1 - centre))
    for number, one in enumerate(bad, start=1):
        value = LAMBDA * one + (1 - LAMBDA) * value
        half = WIDTH * sigma * math.sqrt(LAMBDA / (2 - LAMBDA) * (1 - (1 - LAMBDA) ** (2 * number)))
        low, high = max(0.0, centre - half), min(1.0, centre + half)
        points.append(EwmaPoint(value=value, low=low, high=high, signal=value > high or value < low))
    return tuple(points)


def score_drift(records: Sequence[InspectionRecord]) -> Drift | None:
    """Do scores of OK parts move within the batch? None with fewer than twenty a half."""
    from scipy.stats import mannwhitneyu

    scores = np.array([record.score for record in records if record.verdict == "ok" and record.score is not None])
    first, second = scores[: len(scores) // 2], scores[len(scores) // 2 :]
    if len(first) < MIN_DRIFT:
        return None
    p_value = float(mannwhitneyu(first, second).pvalue)
    return Drift(
        first_median=float(np.median(first)),
        second_median=float(np.median(second)),
        p_value=p_value,
        parts=len(scores),
        signal=p_value < DRIFT_LEVEL,
    )


def _examples(records: Sequence[InspectionRecord]) -> tuple[Example, ...]:
    """The worst parts, the ones closest to the limit, and one of each frequent type; a part once."""
    scored = [record for record in records if record.score is not None]
    worst = sorted((r for r in scored if r.verdict == "ng"), key=lambda r: -(r.score or 0.0))[:2]
    closest = sorted(scored, key=lambda r: abs((r.score or 0.0) - r.score_threshold))[:2]
    chosen = [("worst", record) for record in worst] + [("closest", record) for record in closest]
    for row in pareto(records)[:4]:
        if row.type != UNKNOWN_TYPE:
            having = [r for r in scored if any(canonical_type(region.type) == row.type for region in r.regions)]
            having.sort(key=lambda r: -(r.score or 0.0))
            chosen += [(row.type, record) for record in having[:1]]
    seen: set[str] = set()
    found = []
    for why, record in chosen:
        if record.input not in seen:
            seen.add(record.input)
            found.append(_example(why, record))
    return tuple(found)


def _example(why: str, record: InspectionRecord) -> Example:
    return Example(
        why=why,
        image=record.input,
        overlay=record.overlay if record.overlay and Path(record.overlay).is_file() else None,
        report=record.report,
        verdict=record.verdict,
        score=record.score,
    )
