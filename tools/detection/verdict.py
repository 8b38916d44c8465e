"""OK, review, NG or cannot judge: one place where a score, a map and the rules become a verdict with its reasons."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from tools.detection.calibration import Calibration
from tools.detection.postprocess import Chain, NothingToJudgeError, Outcome
from tools.detection.postprocess.protocol import State
from tools.detection.protocol import Prediction
from tools.detection.records import Verdict
from tools.detection.regions import Frame, Region
from tools.detection.severity import heuristic_severity
from tools.vision.masks import BoolMask
from tools.vision.types import Mask


class Rules(Protocol):
    """Acceptance rules: what each region means for the part."""

    def apply(self, regions: Sequence[Region]) -> tuple[tuple[Region, ...], tuple[str, ...]]:
        """The regions with `severity`, `level` and `why` set, and reasons that need several regions (counts)."""
        ...


@dataclass(frozen=True)
class Judgement:
    """A verdict, its reasons (the deciding one first), and what it stands on. `mask` shows exactly `regions`."""

    verdict: Verdict
    reasons: tuple[str, ...]
    regions: tuple[Region, ...]
    mask: Mask | None
    outcome: Outcome | None


def judge(
    prediction: Prediction,
    chain: Chain,
    limits: Calibration,
    rules: Rules | None = None,
    *,
    frame: Frame | None = None,
    foreground: BoolMask | None = None,
) -> Judgement:
    """Decide about one part.

    NG: a region is left at the pixel threshold (and no rule accepts it), or the score reaches its threshold. Review:
    the same at the two lower thresholds. A map or score that is not a number is never OK.

    Args:
        prediction: of the detector.
        chain: post-processing.
        limits: the thresholds.
        rules: what regions mean; without them every region is NG.
        frame: where the part lies on the photo, for zones.
        foreground: boolean H x W; nothing is looked at outside it.
    """
    if not np.isfinite(prediction.score):
        return cannot_judge([f"the detector gave {prediction.score} instead of a score"])
    try:
        prepared = chain.prepare(prediction.map, foreground)
    except NothingToJudgeError as error:
        return cannot_judge([str(error)])
    case = _Case(chain, prepared, prediction, limits, rules, frame)
    found = case.assess(limits.pixel_threshold)
    if found.regions:
        decided = _by_regions(found, prepared, limits)
        if decided is not None:
            return decided
    if prediction.score >= limits.score_threshold:
        return _by_score(case)
    return _review_or_ok(case, found)


def cannot_judge(reasons: Sequence[str]) -> Judgement:
    """The verdict on a photo that says nothing about the part."""
    return Judgement("cannot_judge", tuple(reasons), (), None, None)


@dataclass(frozen=True)
class _Assessed:
    outcome: Outcome
    regions: tuple[Region, ...]
    reasons: tuple[str, ...]
    """Of rules that count regions; each makes the part NG."""


@dataclass(frozen=True)
class _Case:
    """All that a verdict on one part is made from."""

    chain: Chain
    prepared: State
    prediction: Prediction
    limits: Calibration
    rules: Rules | None
    frame: Frame | None

    def assess(self, threshold: float) -> _Assessed:
        """The regions at a threshold, with severity and level by the rules or else by size and score."""
        outcome = self.chain.outcome(self.chain.finish(self.prepared, threshold), self.frame)
        shape = (outcome.mask.shape[0], outcome.mask.shape[1])
        limits = self.limits
        regions = []
        naming = self.prediction.naming
        for found in outcome.regions:
            region = found if naming is None else naming.named(found, outcome.mask)
            severity, why = heuristic_severity(
                region, threshold=limits.pixel_threshold, baseline=limits.baseline, shape=shape
            )
            regions.append(region.model_copy(update={"severity": severity, "why": why}))
        if self.rules is None:
            return _Assessed(outcome, tuple(regions), ())
        ruled, reasons = self.rules.apply(regions)
        return _Assessed(outcome, ruled, reasons)


def _by_regions(found: _Assessed, prepared: State, limits: Calibration) -> Judgement | None:
    """The verdict that the regions at the pixel threshold call for; None where the score has to decide."""
    levels = {region.level for region in found.regions}
    mask = found.outcome.mask
    if "ng" in levels or found.reasons:
        worst = next((region for region in found.regions if region.level == "ng"), None)
        reasons = found.reasons if worst is None else (*found.reasons, _about(worst, limits))
        return Judgement("ng", reasons, found.regions, mask, found.outcome)
    if "review" in levels:
        doubtful = next(region for region in found.regions if region.level == "review")
        return Judgement("review", (doubtful.why,), found.regions, mask, found.outcome)
    rest = np.where((mask == 0) & prepared.valid, prepared.scores, -np.inf)
    if float(rest.max()) < limits.pixel_threshold:
        reasons = tuple(region.why for region in found.regions)
        return Judgement("ok", reasons, found.regions, mask, found.outcome)
    return None


def _about(region: Region, limits: Calibration) -> str:
    size = f"{region.length_px:.0f} px" if region.length_mm is None else f"{region.length_mm:.2f} mm"
    return (
        f"{region.type} of {size} at {region.zone}: highest score {region.score_max:.4g}, "
        f"threshold {limits.pixel_threshold:.4g} ({region.why})"
    )


def _by_score(case: _Case) -> Judgement:
    """NG by the score; where it lies is shown as far as the lower threshold can tell."""
    found = case.assess(case.limits.pixel_review)
    reason = f"score {case.prediction.score:.4g} reaches the threshold {case.limits.score_threshold:.4g}"
    if not found.regions:
        reason += ", though no region is left to show"
    return Judgement("ng", (reason,), found.regions, found.outcome.mask, found.outcome)


def _review_or_ok(case: _Case, strict: _Assessed) -> Judgement:
    """Below both thresholds: the band of doubt, or OK."""
    limits, prediction = case.limits, case.prediction
    has_band = limits.pixel_review < limits.pixel_threshold or limits.score_review < limits.score_threshold
    if has_band:
        found = case.assess(limits.pixel_review)
        doubtful = tuple(
            region if region.level == "accepted" else region.model_copy(update={"level": "review"})
            for region in found.regions
        )
        reasons = _doubts(prediction, limits, doubtful)
        if reasons:
            return Judgement("review", reasons, doubtful, found.outcome.mask, found.outcome)
    shown = strict.regions
    accepted = tuple(region.why for region in shown)
    margin = f"score {prediction.score:.4g} lies below the threshold {limits.score_threshold:.4g} and no region is left"
    return Judgement("ok", accepted or (margin,), shown, strict.outcome.mask, strict.outcome)


def _doubts(prediction: Prediction, limits: Calibration, regions: Sequence[Region]) -> tuple[str, ...]:
    found = []
    if any(region.level == "review" for region in regions):
        worst = next(region for region in regions if region.level == "review")
        found.append(
            f"a region at {worst.zone} reaches {worst.score_max:.4g}, between the review threshold "
            f"{limits.pixel_review:.4g} and the NG threshold {limits.pixel_threshold:.4g}"
        )
    if prediction.score >= limits.score_review:
        found.append(
            f"score {prediction.score:.4g} lies between the review threshold {limits.score_review:.4g} and the NG "
            f"threshold {limits.score_threshold:.4g}"
        )
    return tuple(found)
