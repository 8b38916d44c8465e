"""Thresholds from good parts that the detector has not seen, through the whole post-processing chain.

Each good photo is scored by a detector fitted on the other folds. For each, two numbers: its score, and the smallest
pixel threshold from which on the chain finds nothing. Both are put on one scale and the promise is kept on the larger,
so that it covers "score above its threshold OR a region left", which is what makes a part NG.

What the promise does not cover: the detector in the bundle is fitted on all good photos, those that score the held-out
ones on a part of them. It has seen more, so as a rule it scores new good parts no higher, but this is not a theorem
(Barber et al. 2021 bound the K-fold version by twice the rate). `method="split"` keeps the bundle's detector away from
a calibration part instead: then the promise is exact and the detector knows fewer parts.
"""

from __future__ import annotations

import math
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict

from tools.detection.config import DefectsConfig, VerdictConfig
from tools.detection.errors import DetectionError
from tools.detection.postprocess import Chain, NothingToJudgeError, State
from tools.detection.protocol import Prediction
from tools.detection.threshold import Promise, allowed_above, needed_good, upper_bound
from tools.vision.masks import BoolMask
from tools.vision.types import ScoreMap

Method = Literal["kfold", "split", "replayed"]
PIXELS_A_MAP = 4096
"""So many pixels of each map go into pixel quantiles."""


class Calibration(BaseModel):
    """Thresholds, what they promise and how they came about.

    A part is flagged NG when its score reaches `score_threshold` or a region is left at `pixel_threshold`, and goes to
    review when that happens at the two review thresholds. `baseline` is the score of a typical good pixel.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    score_threshold: float
    pixel_threshold: float
    score_review: float
    pixel_review: float
    baseline: float
    pixel_threshold_strategy: str
    promise: Promise
    method: Method
    folds: int
    held_out: int
    """Good parts that the thresholds come from."""
    held_out_photos: int | None = None
    """Photos of them; more where parts were photographed several times."""
    above: int
    """Held-out good parts that the thresholds flag NG."""
    guarantee_met: bool
    more_good_needed: int | None
    """How many more good parts the promise needs; 0 where it is met, None where no number is enough."""
    rate_upper_bound: float
    """What can be promised with the same confidence about all good parts to come."""
    words: str
    good_scores: tuple[float, ...]
    """Held-out scores of the good photos, for drift checks and cards."""


@dataclass
class HeldOut:
    """Held-out predictions of good photos; maps lie in a temporary folder, for they may be large."""

    scores: list[float] = field(default_factory=list)
    groups: list[str] = field(default_factory=list)
    """The part that each photo shows."""
    _folder: tempfile.TemporaryDirectory[str] = field(
        default_factory=lambda: tempfile.TemporaryDirectory(prefix="redrabbit-maps-")
    )

    def add(
        self, prediction: Prediction, name: str, foreground: BoolMask | None = None, group: str | None = None
    ) -> None:
        """Keep one prediction, where the part is if only that is looked at, and which part it is.

        Raises:
            DetectionError: it is not finite: a detector that fails on good parts cannot be calibrated.
        """
        if not math.isfinite(prediction.score):
            raise DetectionError(f"the detector gave {prediction.score} for the good photo {name}; it cannot be used")
        path = self._path(len(self.scores))
        np.save(path, prediction.map.astype(np.float32), allow_pickle=False)
        if foreground is not None:
            np.save(path.with_suffix(".part.npy"), foreground, allow_pickle=False)
        self.groups.append(f"photo {len(self.scores)}" if group is None else group)
        self.scores.append(float(prediction.score))

    def map(self, index: int) -> ScoreMap:
        """The map of a prediction."""
        loaded: ScoreMap = np.load(self._path(index), allow_pickle=False)
        return loaded

    def foreground(self, index: int) -> BoolMask | None:
        """Where the part is, if only that is looked at."""
        path = self._path(index).with_suffix(".part.npy")
        return np.load(path, allow_pickle=False) if path.exists() else None

    def _path(self, index: int) -> Path:
        return Path(self._folder.name) / f"{index:06d}.npy"

    def __len__(self) -> int:
        """Number of predictions."""
        return len(self.scores)


def fold_indices(groups: Sequence[str], folds: int, seed: int) -> list[NDArray[np.intp]]:
    """A random partition of photos into folds with nearly as many parts each; photos of one part stay together.

    Args:
        groups: the part that each photo shows.
        folds: fewer parts than folds give one part a fold.
        seed: of the partition.
    """
    _, part = np.unique(np.asarray(groups), return_inverse=True)
    count = int(part.max()) + 1
    order = np.random.default_rng(seed).permutation(count)
    return [np.flatnonzero(np.isin(part, some)) for some in np.array_split(order, min(folds, count))]


def calibrate(
    held_out: HeldOut,
    defects: DefectsConfig,
    verdict: VerdictConfig,
    *,
    mm_per_px: float | None = None,
    method: Method = "kfold",
    folds: int = 5,
    progress: Callable[[float], None] | None = None,
) -> Calibration:
    """Thresholds that keep the promise, from held-out good predictions.

    Raises:
        DetectionError: a map is not finite, or the chain ignores the whole picture.
    """
    pixels = _sample_pixels(held_out, defects, mm_per_px)
    baseline = float(np.median(pixels))
    chain = Chain(defects, baseline=baseline, mm_per_px=mm_per_px)
    fixed = _fixed_threshold(defects, pixels)
    spread = max(float(np.quantile(pixels, 0.999)) - baseline, 1e-6)
    step = 2.0 ** math.floor(math.log2(spread / 32))
    quiet = np.empty(len(held_out))
    for index in range(len(held_out)):
        state = chain.prepare(held_out.map(index), held_out.foreground(index))
        quiet[index] = _quiet_from(chain, state, step) if fixed is None else _quiet_at(chain, state, fixed)
        if progress is not None:
            progress((index + 1) / len(held_out))
    found = _Quiet(np.asarray(held_out.scores), quiet, held_out.groups, step, fixed, baseline)
    return _settle(found, defects, verdict, method, folds)


def _sample_pixels(held_out: HeldOut, defects: DefectsConfig, mm_per_px: float | None) -> NDArray[np.float32]:
    """Values of processed maps where the line looks, evenly thinned."""
    chain = Chain(defects, mm_per_px=mm_per_px)
    found = []
    for index in range(len(held_out)):
        try:
            state = chain.prepare(held_out.map(index), held_out.foreground(index))
        except NothingToJudgeError as error:
            raise DetectionError(f"good photo {index}: {error}; correct the settings or the detector") from None
        values = state.scores[state.valid]
        found.append(values[:: max(1, len(values) // PIXELS_A_MAP)])
    return np.concatenate(found)


def _fixed_threshold(defects: DefectsConfig, pixels: NDArray[np.float32]) -> float | None:
    """The pixel threshold, where the promise does not set it."""
    if defects.pixel_threshold is not None:
        return defects.pixel_threshold
    if defects.pixel_threshold_strategy == "normal_pixel_quantile":
        return float(np.quantile(pixels, defects.pixel_normal_quantile))
    return None


def _flags(chain: Chain, state: State, threshold: float) -> bool:
    low = chain.settings.hysteresis.low
    if chain.settings.hysteresis.enabled and low is not None and chain.settings.hysteresis.high is None:
        threshold = max(threshold, low)
    return bool(chain.finish(state, threshold).groups)


def _quiet_from(chain: Chain, state: State, step: float) -> float:
    """The smallest multiple of `step` from which on the chain finds nothing in a map.

    Found from above, because filters may let a region through at a high threshold that they stop at a lower one.
    """
    top = math.floor(float(state.scores[state.valid].max()) / step) + 1
    bottom = math.ceil(chain.baseline / step)
    for level in range(top, bottom - 1, -1):
        if _flags(chain, state, level * step):
            return (level + 1) * step if level < top else math.inf
    return bottom * step


def _quiet_at(chain: Chain, state: State, threshold: float) -> float:
    return math.inf if _flags(chain, state, threshold) else -math.inf


@dataclass(frozen=True)
class _Quiet:
    """Of each held-out photo: its score, the threshold from which on it is quiet, and the part that it shows."""

    scores: NDArray[np.float64]
    quiet: NDArray[np.float64]
    groups: Sequence[str]
    step: float
    fixed: float | None
    baseline: float

    def worst(self, values: NDArray[np.float64]) -> NDArray[np.float64]:
        """The largest value of each part: a part is flagged when one of its photos is."""
        _, part = np.unique(np.asarray(self.groups), return_inverse=True)
        found = np.full(int(part.max()) + 1, -np.inf)
        np.maximum.at(found, part, values)
        return found


def _settle(found: _Quiet, defects: DefectsConfig, verdict: VerdictConfig, method: Method, folds: int) -> Calibration:
    """One scale for both numbers, the order statistic that the promise allows, and back to two thresholds."""
    scores, quiet, step, fixed, baseline = found.scores, found.quiet, found.step, found.fixed, found.baseline
    middle_score, width_score = _scale(scores)
    middle_pixel, width_pixel = _scale(quiet[np.isfinite(quiet)])
    joint = found.worst(np.maximum((scores - middle_score) / width_score, (quiet - middle_pixel) / width_pixel))
    count = len(joint)
    promise = Promise(rate=verdict.false_alarm_rate, confidence=verdict.confidence, lot_size=verdict.lot_size)
    allowed = allowed_above(count, promise)
    level, met = _level(joint, allowed)

    def score_at(joint_level: float) -> float:
        return float(np.nextafter(np.float32(middle_score + joint_level * width_score), np.float32(np.inf)))

    def pixel_at(joint_level: float) -> float:
        if fixed is not None:
            return fixed
        return max(math.ceil((middle_pixel + joint_level * width_pixel) / step - 1e-9) * step, baseline + step)

    review = level if verdict.review_rate == 0.0 else min(level, _review_level(joint, verdict))
    above = int(np.count_nonzero(joint > level))
    need = needed_good(promise)
    bound = upper_bound(count, above, verdict.confidence)
    return Calibration(
        score_threshold=score_at(level),
        pixel_threshold=pixel_at(level),
        score_review=score_at(review),
        pixel_review=pixel_at(review),
        baseline=baseline,
        pixel_threshold_strategy="fixed" if defects.pixel_threshold is not None else defects.pixel_threshold_strategy,
        promise=promise,
        method=method,
        folds=folds,
        held_out=count,
        held_out_photos=len(scores),
        above=above,
        guarantee_met=met,
        more_good_needed=0 if met else None if need is None else max(0, need - count) or None,
        rate_upper_bound=bound,
        words=_words(promise, count, above, met, need, bound),
        good_scores=tuple(float(value) for value in scores),
    )


def _scale(values: NDArray[np.float64]) -> tuple[float, float]:
    """Middle and upper width of a set of good values."""
    if not len(values):
        return 0.0, 1.0
    middle, upper = (float(v) for v in np.quantile(values, [0.5, 0.95]))
    return middle, max(upper - middle, 1e-6 * max(abs(middle), 1.0))


def _level(joint: NDArray[np.float64], allowed: int | None) -> tuple[float, bool]:
    """The joint level with `allowed` values above it, and whether the promise is met."""
    ordered = np.sort(joint)
    level = float(ordered[len(ordered) - 1 - (allowed or 0)])
    finite = ordered[np.isfinite(ordered)]
    if math.isfinite(level):
        return level, allowed is not None
    return (float(finite[-1]) if len(finite) else 0.0), False


def _review_level(joint: NDArray[np.float64], verdict: VerdictConfig) -> float:
    """The joint level above which a part is looked at again: the tolerance limit, or the plain quantile where there are
    too few photos for it."""
    allowed = allowed_above(len(joint), Promise(rate=verdict.review_rate, confidence=verdict.confidence))
    above = math.floor(verdict.review_rate * len(joint)) if allowed is None else allowed
    return _level(joint, min(above, len(joint) - 1))[0]


def _words(promise: Promise, count: int, above: int, met: bool, need: int | None, bound: float) -> str:
    seen = f"{above} of {count} held-out good parts lie above the thresholds"
    if met:
        return f"Promise: {promise.words()}. {seen}."
    if need is None:
        return f"No number of good parts can promise that {promise.words()}: the lot is too small. {seen}."
    if need > count:
        return (
            f"{need - count} more good parts are needed to promise that {promise.words()}. {seen}; "
            f"what can be promised is {bound:.3g}."
        )
    return (
        f"The promise that {promise.words()} does not hold with this fixed pixel threshold. {seen}; "
        f"what can be promised is {bound:.3g}."
    )
