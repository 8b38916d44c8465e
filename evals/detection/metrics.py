"""Metrics of detection: image and pixel AUROC, average precision, AUPRO, recall at a false-positive rate, box F1.

Pixel metrics work on histograms of scores, one an image, so that a bootstrap over images only adds rows. With 2,000
quantile bins the figures agree with exact ones to about 0.001 (tests/evals/detection/test_metrics.py).
"""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray
from sklearn.metrics import average_precision_score, roc_auc_score

BINS = 2000
AUPRO_FPR = 0.3
"""MVTec AD integrates up to this false-positive rate (Bergmann et al., IJCV 2021)."""
Floats = NDArray[np.float64]


def image_metrics(good: Floats, bad: Floats) -> dict[str, float]:
    """AUROC, AUPR and recall of bad images where 1 % and 5 % of the good ones are refused."""
    labels = np.r_[np.zeros(len(good)), np.ones(len(bad))]
    scores = np.r_[good, bad]
    return {
        "image_auroc": float(roc_auc_score(labels, scores)),
        "image_aupr": float(average_precision_score(labels, scores)),
        "recall_at_fpr_1": recall_at_fpr(good, bad, 0.01),
        "recall_at_fpr_5": recall_at_fpr(good, bad, 0.05),
    }


def recall_at_fpr(good: Floats, bad: Floats, rate: float) -> float:
    """Share of bad images above a threshold that at most `rate` of the good images exceed."""
    allowed = int(np.floor(rate * len(good) + 1e-9))
    threshold = np.sort(good)[len(good) - allowed - 1]
    return float((bad > threshold).mean())


class PixelTable:
    """Score histograms of good and bad pixels an image, and of each defect region."""

    def __init__(self, maps: Sequence[NDArray[np.float32]], masks: Sequence[NDArray[np.bool_] | None]) -> None:
        """Count.

        Args:
            maps: score map an image.
            masks: True where defective, the same shape; None for a good image.
        """
        sample = np.concatenate([m.ravel()[:: max(1, m.size // 2000)] for m in maps])
        marked = [m[k] for m, k in zip(maps, masks, strict=True) if k is not None and k.any()]
        inner = np.concatenate([values[:: max(1, len(values) // 2000)] for values in marked])
        steps = np.linspace(0, 1, BINS // 2)
        self._edges = np.unique(np.r_[np.quantile(sample, steps), np.quantile(inner, steps)])
        self.negative = np.stack([self._count(m if k is None else m[~k]) for m, k in zip(maps, masks, strict=True)])
        self.positive = np.stack([self._count(m[:0] if k is None else m[k]) for m, k in zip(maps, masks, strict=True)])
        regions, owners = self._regions(maps, masks)
        self._regions_above, self._owners = regions, owners

    def _count(self, values: NDArray[np.float32]) -> NDArray[np.int64]:
        bins = np.searchsorted(self._edges, values.ravel(), side="right")
        return np.bincount(bins, minlength=len(self._edges) + 1)

    def _regions(
        self, maps: Sequence[NDArray[np.float32]], masks: Sequence[NDArray[np.bool_] | None]
    ) -> tuple[Floats, NDArray[np.intp]]:
        """Share of each region at or above each bin, highest bin first, and the image it is in."""
        rows, owners = [], []
        for index, (scores, mask) in enumerate(zip(maps, masks, strict=True)):
            if mask is None or not mask.any():
                continue
            count, labels = cv2.connectedComponents(mask.astype(np.uint8), connectivity=8)
            for label in range(1, count):
                histogram = self._count(scores[labels == label])[::-1]
                rows.append(np.cumsum(histogram) / histogram.sum())
                owners.append(index)
        return np.asarray(rows), np.asarray(owners, dtype=np.intp)

    def metrics(self, picked: NDArray[np.intp] | None = None) -> dict[str, float]:
        """Pixel AUROC, AP and AUPRO over images (all, or the picked ones with repeats)."""
        weights = np.bincount(
            np.arange(len(self.negative)) if picked is None else picked, minlength=len(self.negative)
        ).astype(np.float64)
        false, true = (np.cumsum(weights @ table[:, ::-1]) for table in (self.negative, self.positive))
        fpr, tpr = np.r_[0, false / false[-1]], np.r_[0, true / true[-1]]
        precision = true / np.maximum(true + false, 1)
        return {
            "pixel_auroc": float(np.trapezoid(tpr, fpr)),
            "pixel_ap": float((np.diff(tpr) * precision).sum()),
            "aupro": self._aupro(fpr, weights),
        }

    def _aupro(self, fpr: Floats, weights: Floats) -> float:
        share = weights[self._owners]
        overlap = np.r_[0, share @ self._regions_above / share.sum()]
        inside = fpr <= AUPRO_FPR
        x = np.r_[fpr[inside], AUPRO_FPR]
        y = np.r_[overlap[inside], np.interp(AUPRO_FPR, fpr, overlap)]
        return float(np.trapezoid(y, x) / AUPRO_FPR)


def peak_in_mask(maps: Sequence[NDArray[np.float32]], masks: Sequence[NDArray[np.bool_]]) -> float:
    """Share of defective images whose highest map value lies in the mask."""
    hits = [bool(mask[np.unravel_index(int(m.argmax()), m.shape)]) for m, mask in zip(maps, masks, strict=True)]
    return float(np.mean(hits))


Box = tuple[int, int, int, int]


def iou(first: Box, second: Box) -> float:
    """Intersection over union of two `xyxy` boxes with exclusive ends."""
    width = min(first[2], second[2]) - max(first[0], second[0])
    height = min(first[3], second[3]) - max(first[1], second[1])
    if width <= 0 or height <= 0:
        return 0.0
    both = width * height
    area = sum((b[2] - b[0]) * (b[3] - b[1]) for b in (first, second))
    return both / (area - both)


def matched(found: Sequence[Box], wanted: Sequence[Box], at_least: float) -> int:
    """Number of one-to-one pairs with at least this IoU, best pairs first."""
    pairs = [(iou(f, w), i, j) for i, f in enumerate(found) for j, w in enumerate(wanted)]
    used_found: set[int] = set()
    used_wanted: set[int] = set()
    for value, i, j in sorted(pairs, reverse=True):
        if value < at_least:
            break
        if i not in used_found and j not in used_wanted:
            used_found.add(i)
            used_wanted.add(j)
    return len(used_found)
