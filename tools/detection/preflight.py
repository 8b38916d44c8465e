"""Before a fit: are these photos, settings and filters good for a line? Findings with codes, worst first."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from tools.blueprint.model import Blueprint
from tools.detection.config import InspectConfig
from tools.detection.filter_check import FilterCheck, check_blueprint, check_masks
from tools.detection.suitability import BLANK_DEVIATION, STATISTICS, WORDS, blankness, statistics
from tools.detection.threshold import Promise, needed_good
from tools.detection.validate import Issue, meaning
from tools.errors import RedRabbitError
from tools.vision.errors import ImageError
from tools.vision.images import find_images, load_image
from tools.vision.masks import load_mask
from tools.vision.types import RgbImage

ORDER = ("error", "warning", "info")
FEW_GOOD = 10
ODD = 8.0
"""So many robust deviations from the others make a good photo odd."""
ODD_FLOOR = {"brightness": 8.0, "contrast": 4.0, "sharpness": 0.4, "colour": 4.0, "log_aspect": 0.15}
"""Smallest deviation that counts as one, in the statistic's own unit."""
SAMPLE = 12
"""Photos that Blueprints are drawn on."""


@dataclass
class _Photos:
    paths: list[Path]
    digests: list[str]
    values: NDArray[np.float64]
    blank: list[Path]
    sizes: set[tuple[int, int]]
    sample: list[RgbImage]


def preflight(
    good: Sequence[Path],
    config: InspectConfig,
    *,
    bad: Sequence[Path] = (),
    masks: Sequence[Path] = (),
    blueprints: Sequence[Blueprint] = (),
) -> list[Issue]:
    """Everything worth knowing before a fit.

    Args:
        good: photos of good parts, or folders.
        config: settings of the line.
        bad: photos of bad parts that will be used to judge it.
        masks: mask files of known defects, to try the filters on.
        blueprints: defects to draw, to try the filters on.

    Raises:
        ImageError: a folder without photos.
    """
    issues = list(meaning(config))
    photos = _read(good, issues)
    issues += _count(photos, config)
    issues += _looks(photos)
    issues += _leaks(photos, bad)
    issues += _filters(photos, config, masks, blueprints)
    return sorted(issues, key=lambda issue: ORDER.index(issue.severity))


def _read(sources: Sequence[Path], issues: list[Issue]) -> _Photos:
    paths = list(dict.fromkeys(path for source in sources for path in find_images(source)))
    found = _Photos([], [], np.zeros((0, len(STATISTICS))), [], set(), [])
    rows = []
    step = max(1, len(paths) // SAMPLE)
    for path in paths:
        try:
            image = load_image(path)
        except ImageError as error:
            issues.append(Issue(code="PHOTO_UNREADABLE", severity="error", message=str(error)))
            continue
        if len(found.paths) % step == 0 and len(found.sample) < SAMPLE:
            found.sample.append(image)
        found.paths.append(path)
        found.digests.append(hashlib.sha256(path.read_bytes()).hexdigest())
        found.sizes.add((image.shape[1], image.shape[0]))
        rows.append(statistics(image))
        if blankness(image) < BLANK_DEVIATION:
            found.blank.append(path)
    found.values = np.array(rows).reshape(-1, len(STATISTICS))
    return found


def _count(photos: _Photos, config: InspectConfig) -> Iterator[Issue]:
    different = len(set(photos.digests))
    if different < len(photos.digests):
        message = f"{len(photos.digests) - different} good photos are exact copies of others; they will be left out"
        yield Issue(code="DUPLICATES", severity="warning", message=message)
    verdict = config.verdict
    promise = Promise(rate=verdict.false_alarm_rate, confidence=verdict.confidence, lot_size=verdict.lot_size)
    need = needed_good(promise)
    if need is None:
        message = f"no number of photos can promise that {promise.words()}: the lot is too small"
        yield Issue(code="PROMISE_IMPOSSIBLE", severity="error", message=message)
    elif different < need:
        message = f"{need - different} more good photos are needed to promise that {promise.words()}"
        yield Issue(code="TOO_FEW_FOR_PROMISE", severity="warning", message=message, context={"more": need - different})
    if different < FEW_GOOD:
        message = f"{different} different good photos; most detectors want at least {FEW_GOOD}"
        yield Issue(code="FEW_GOOD", severity="error" if different < 2 else "warning", message=message)


def _looks(photos: _Photos) -> Iterator[Issue]:
    for path in photos.blank:
        yield Issue(code="BLANK_PHOTO", severity="error", message=f"{path.name} is blank; take it out")
    if len(photos.sizes) > 1:
        message = f"the photos have {len(photos.sizes)} different sizes; one camera set-up gives steadier scores"
        yield Issue(code="SIZES_DIFFER", severity="info", message=message)
    if len(photos.values) < FEW_GOOD:
        return
    middle = np.median(photos.values, axis=0)
    floor = np.array([ODD_FLOOR[name] for name in STATISTICS])
    deviation = np.maximum(1.4826 * np.median(np.abs(photos.values - middle), axis=0), floor)
    score = (photos.values - middle) / deviation
    for row, column in zip(*np.nonzero(np.abs(score) > ODD), strict=True):
        name = STATISTICS[column]
        word = WORDS[name][int(score[row, column] > 0)]
        message = f"{photos.paths[row].name} is much {word} than the other good photos; is it really one of them?"
        yield Issue(code="ODD_PHOTO", severity="warning", message=message, context={"photo": str(photos.paths[row])})


def _leaks(photos: _Photos, bad: Sequence[Path]) -> Iterator[Issue]:
    known = set(photos.digests)
    for path in (one for source in bad for one in find_images(source)):
        if hashlib.sha256(path.read_bytes()).hexdigest() in known:
            message = f"{path.name} is among the good photos and among the bad ones; one of them is wrong"
            yield Issue(code="GOOD_AND_BAD", severity="error", message=message)


def _filters(
    photos: _Photos, config: InspectConfig, masks: Sequence[Path], blueprints: Sequence[Blueprint]
) -> Iterator[Issue]:
    checks: list[FilterCheck] = []
    files = [path for source in masks for path in find_images(source)]
    by_class: dict[str, list[Path]] = {}
    for path in files:
        by_class.setdefault(path.parent.name, []).append(path)
    for name, group in sorted(by_class.items()):
        checks.append(check_masks([load_mask(path) for path in group], config.defects, name=name))
    for blueprint in blueprints:
        try:
            checks.append(check_blueprint(_scaled(blueprint, config), photos.sample, config.defects))
        except RedRabbitError as error:
            yield Issue(code="BLUEPRINT_NOT_DRAWN", severity="warning", message=str(error))
    for check in checks:
        if check.passed:
            yield Issue(code="FILTERS_KEEP", severity="info", message=check.words)
        else:
            message = f"the filters delete what they are to find: {check.words}"
            yield Issue(
                code="FILTERS_DELETE",
                severity="error",
                message=message,
                context={"name": check.name, "share": round(check.share, 4), "reasons": dict(check.reasons)},
            )


def _scaled(blueprint: Blueprint, config: InspectConfig) -> Blueprint:
    """The Blueprint at the line's scale, where it has none of its own."""
    if blueprint.mm_per_px is not None or config.mm_per_px is None:
        return blueprint
    return blueprint.model_copy(update={"mm_per_px": config.mm_per_px})
