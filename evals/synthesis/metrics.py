"""Figures of a method from its logits on the test: pixel AP, image AUROC and mIoU with bootstrap intervals.

Pixels are counted into histograms an image, so that a resample of images is a sum of histograms. Whole specimens are
resampled, because photos of one specimen are not independent.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.metrics import roc_auc_score

from evals.common import bootstrap_interval
from evals.synthesis.tiles import CLASSES

BINS = 1024
EDGES = np.linspace(-16.0, 16.0, BINS - 1)
TOP_PX = 100
"""An image's score is the mean of its highest logits."""


class Judged:
    """The test photos' logits, counted once."""

    def __init__(
        self,
        logits: NDArray[np.float16],
        masks: NDArray[np.uint8],
        kinds: Sequence[str],
        specimens: Sequence[int],
        thresholds: NDArray[np.float64],
    ) -> None:
        """Count.

        Args:
            logits: N x H x W.
            masks: N x H x W, 0/255.
            kinds: a class or `good` a photo.
            specimens: a number a photo.
            thresholds: the logit cut of the model that judged it, a photo.
        """
        self.kinds = np.array(kinds)
        self.specimens = np.array(specimens)
        self.positive = np.zeros((len(kinds), BINS), np.int64)
        self.negative = np.zeros((len(kinds), BINS), np.int64)
        self.scores = np.zeros(len(kinds))
        self.overlap = np.zeros((len(kinds), 2), np.int64)
        for index, (values, mask) in enumerate(zip(logits, masks, strict=True)):
            truth = mask > 0
            bins = np.digitize(values.astype(np.float32), EDGES)
            self.positive[index] = np.bincount(bins[truth], minlength=BINS)
            self.negative[index] = np.bincount(bins[~truth], minlength=BINS)
            flat = values.astype(np.float32).ravel()
            self.scores[index] = np.partition(flat, -TOP_PX)[-TOP_PX:].mean()
            found = values > thresholds[index]
            self.overlap[index] = (truth & found).sum(), (truth | found).sum()
        self.usable = (self.kinds == "good") | (self.positive.sum(1) > 0)

    def pixel_ap(self, indices: NDArray[np.intp]) -> float:
        """Average precision over all pixels of these photos (a photo with an empty defect mask is left out)."""
        chosen = indices[self.usable[indices]]
        return average_precision(self.positive[chosen].sum(0), self.negative[chosen].sum(0))

    def image_auroc(self, indices: NDArray[np.intp]) -> float:
        """Area under the ROC curve of the image scores, defect against good."""
        truth = self.kinds[indices] != "good"
        return float(roc_auc_score(truth, self.scores[indices])) if 0 < truth.sum() < len(truth) else float("nan")

    def miou(self, indices: NDArray[np.intp]) -> float:
        """Mean over the classes of the pooled intersection over union of each class's photos."""
        values = []
        for kind in CLASSES:
            chosen = indices[(self.kinds[indices] == kind) & self.usable[indices]]
            if len(chosen):
                overlap, union = self.overlap[chosen].sum(0)
                values.append(overlap / max(1, union))
        return float(np.mean(values)) if values else float("nan")


def average_precision(positive: NDArray[np.int64], negative: NDArray[np.int64]) -> float:
    """Average precision from counts a score bin, ascending: precision at each cut weighted by the recall it adds."""
    hits, false = positive[::-1].cumsum(), negative[::-1].cumsum()
    if hits[-1] == 0:
        return float("nan")
    precision = hits / np.maximum(1, hits + false)
    return float((precision * positive[::-1]).sum() / hits[-1])


def figures(judged: Judged, *, seed: int, resamples: int = 500) -> dict[str, Any]:
    """The three figures with intervals, then each class: its photos together with the good ones, and alone."""
    result: dict[str, Any] = {
        name: _interval(judged, getattr(judged, name), seed=seed, resamples=resamples)
        for name in ("image_auroc", "pixel_ap", "miou")
    }
    result["by_class"] = {}
    good = np.flatnonzero(judged.kinds == "good")
    for kind in CLASSES:
        own = np.flatnonzero(judged.kinds == kind)
        if not len(own):
            continue
        both = np.concatenate([own, good])
        overlap, union = judged.overlap[own[judged.usable[own]]].sum(0)
        result["by_class"][kind] = {
            "image_auroc": judged.image_auroc(both),
            "pixel_ap": judged.pixel_ap(both),
            "pixel_ap_without_good": judged.pixel_ap(own),
            "iou": float(overlap / max(1, union)),
        }
    result["pixel_ap_without_good"] = judged.pixel_ap(np.flatnonzero(judged.kinds != "good"))
    return result


def _interval(judged: Judged, statistic: Any, *, seed: int, resamples: int) -> dict[str, float]:
    members = [np.flatnonzero(judged.specimens == number) for number in np.unique(judged.specimens)]
    strata = [int((judged.kinds[member] != "good").any()) for member in members]

    def over_specimens(chosen: NDArray[np.intp]) -> float:
        return float(statistic(np.concatenate([members[index] for index in chosen])))

    return bootstrap_interval(over_specimens, len(members), seed=seed, resamples=resamples, strata=strata)
