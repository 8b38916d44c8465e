"""Held-out predictions of good photos: by folds, or by a part kept away from the detector."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from tools.detection.calibration import HeldOut, Method, fold_indices
from tools.detection.config import InspectConfig
from tools.detection.errors import DetectionError, DetectionInputError
from tools.detection.part import frame_and_foreground
from tools.detection.photos import PhotoSet
from tools.detection.protocol import Detector, HoldsOut, Prediction
from tools.vision.images import load_image

Progress = Callable[[int, int, str], None]
BATCH = 8
SPLIT_SHARE = 0.4
"""Share of the good photos that `method="split"` keeps away from the detector."""


class StoppedError(DetectionError):
    """The caller asked to stop; nothing was written."""


class Reporter:
    """Passes progress on, and stops the work when asked."""

    def __init__(self, progress: Progress | None, should_stop: Callable[[], bool] | None) -> None:
        self._progress, self._should_stop = progress, should_stop

    def __call__(self, percent: float, message: str) -> None:
        """Say how far the work is.

        Raises:
            StoppedError: the caller wants it to end.
        """
        if self._should_stop is not None and self._should_stop():
            raise StoppedError("fitting was stopped; nothing was written")
        if self._progress is not None:
            self._progress(int(percent), 100, message)


def fit_and_hold_out(
    build: Callable[[], Detector],
    photos: PhotoSet,
    settings: InspectConfig,
    method: Method,
    folds: int,
    seed: int,
    report: Reporter,
) -> tuple[Detector, HeldOut, int]:
    """The detector of the bundle, and predictions of good photos that the scoring detector had not seen.

    Args:
        build: makes a detector that is not fitted.
        photos: good photos, prepared.
        settings: of the line.
        method: `kfold` or `split`.
        folds: wanted; fewer photos than folds give as many folds as photos.
        seed: of folds and fitting.
        report: progress and stopping.

    A detector that holds parts out by itself (`HoldsOut`) is fitted once and says its number of folds.

    Returns:
        The detector, held-out predictions in the order of folds, and the number of folds (1 for `split`).
    """
    held_out = HeldOut()
    if method == "split":
        apart, rest = _split(photos.groups, seed)
        final = _fitted(build, photos.subset(rest.tolist()), seed, report, 5, "fitting")
        _score(final, photos.subset(apart.tolist()), settings, held_out, report, (50, 80))
        folds = 1
    else:
        probe = build()
        if isinstance(probe, HoldsOut):
            return _fit_once(probe, photos, settings, seed, report)
        parts = fold_indices(photos.groups, folds, seed)
        folds = len(parts)
        for number, part in enumerate(parts):
            others = np.setdiff1d(np.arange(len(photos)), part)
            start = 5 + 65 * number / folds
            note = f"fold {number + 1} of {folds}"
            fold = _fitted(build, photos.subset(others.tolist()), seed, report, start, note)
            _score(fold, photos.subset(part.tolist()), settings, held_out, report, (start, start + 65 / folds))
        final = _fitted(build, photos, seed, report, 70, "fitting on all good photos")
    return final, held_out, folds


def _fit_once(
    detector: Detector, photos: PhotoSet, settings: InspectConfig, seed: int, report: Reporter
) -> tuple[Detector, HeldOut, int]:
    """A detector that holds parts out by itself: fitted once, with predictions by what has not seen each photo."""
    assert isinstance(detector, HoldsOut)
    held_out = HeldOut()
    parts = fold_indices(photos.groups, detector.folds, seed)

    def keep(index: int, prediction: Prediction) -> None:
        _keep(held_out, photos, index, prediction, settings)

    detector.fit_holding_out(
        photos, parts, seed=seed, keep=keep, progress=lambda share: report(5 + 75 * share, "fitting")
    )
    return detector, held_out, len(parts)


def _keep(into: HeldOut, photos: PhotoSet, index: int, prediction: Prediction, settings: InspectConfig) -> None:
    path, foreground = photos.paths[index], None
    if settings.defects.foreground:
        foreground = frame_and_foreground(load_image(path), settings.defects)[1]
    into.add(prediction, path.name, foreground, photos.groups[index])


def _split(groups: list[str], seed: int) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Indices of the photos kept away and of those to fit on; photos of one part stay together."""
    _, part = np.unique(np.asarray(groups), return_inverse=True)
    count = int(part.max()) + 1
    if count < 2:
        raise DetectionInputError("all photos show the same part; a threshold needs photos of at least two")
    chosen = np.random.default_rng(seed).permutation(count)[: max(1, round(SPLIT_SHARE * count))]
    away = np.isin(part, chosen)
    return np.flatnonzero(away), np.flatnonzero(~away)


def _fitted(
    build: Callable[[], Detector], photos: PhotoSet, seed: int, report: Reporter, percent: float, note: str
) -> Detector:
    report(percent, note)
    made = build()
    made.fit(photos, seed=seed)
    return made


def _score(
    detector: Detector,
    photos: PhotoSet,
    settings: InspectConfig,
    into: HeldOut,
    report: Reporter,
    span: tuple[float, float],
) -> None:
    """Held-out predictions; `span` is the percent at which this begins and ends."""
    start, end = span
    for first in range(0, len(photos), BATCH):
        report(start + (end - start) * first / len(photos), "scoring good photos it has not seen")
        found = detector.predict(photos[first : first + BATCH])
        for offset, prediction in enumerate(found):
            _keep(into, photos, first + offset, prediction, settings)
