"""How good masks are: overlap, ranking of pixels, regions found and invented, and belief in the probabilities.

Pixels are counted into histograms, so that a data set of any size needs constant memory.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import cv2
import numpy as np
from numpy.typing import NDArray

from tools.datasets.model import GOOD
from tools.vision.masks import components
from tools.vision.types import Mask

BINS = 1000
ECE_BINS = 15
SIZES = (("small", 0.0, 0.001), ("medium", 0.001, 0.01), ("large", 0.01, 1.01))
"""Name, from and below: a defect region's share of the photo's pixels."""
TOUCH_SHARE = 0.1
"""A true region counts as found when at least this share of it is marked."""


@dataclass
class Tally:
    """Counts over photos; `add` one after the other, then `summary`."""

    threshold: float
    positive: NDArray[np.int64] = field(default_factory=lambda: np.zeros(BINS, np.int64))
    negative: NDArray[np.int64] = field(default_factory=lambda: np.zeros(BINS, np.int64))
    by_class: dict[str, list[float]] = field(default_factory=dict)
    """Class → hits, marked, true pixels, photos, sum of the photos' Dice."""
    regions: dict[str, list[int]] = field(default_factory=dict)
    """Size or class → true regions found, true regions."""
    false_regions: int = 0
    false_regions_good: int = 0
    photos: int = 0
    good_photos: int = 0
    named: int = 0
    named_right: int = 0

    def add(self, probability: NDArray[np.float32], truth: Mask, label: str, named: str | None = None) -> None:
        """One photo.

        Args:
            probability: H x W, 0 … 1.
            truth: H x W, 0/255.
            label: its class, or `good`.
            named: the class that the model gave its largest region.
        """
        true, found = truth > 0, probability > self.threshold
        bins = np.minimum((probability * BINS).astype(np.int64), BINS - 1)
        self.positive += np.bincount(bins[true], minlength=BINS)
        self.negative += np.bincount(bins[~true], minlength=BINS)
        self.photos += 1
        hits, marked, size = int((true & found).sum()), int(found.sum()), int(true.sum())
        row = self.by_class.setdefault(label, [0.0] * 5)
        dice = 2 * hits / (marked + size) if marked + size else 1.0
        for index, value in enumerate((hits, marked, size, 1, dice)):
            row[index] += value
        self._count_regions(true, found, label)
        if named is not None and label != GOOD:
            self.named += 1
            self.named_right += named == label

    def _count_regions(self, true: NDArray[np.bool_], found: NDArray[np.bool_], label: str) -> None:
        for part in components(true):
            share = part.area_px / true.size
            size = next(name for name, low, high in SIZES if low <= share < high)
            got = int((found[part.slices()] & part.pixels).sum() >= TOUCH_SHARE * part.area_px)
            for key in (size, label):
                row = self.regions.setdefault(key, [0, 0])
                row[0] += got
                row[1] += 1
        near = cv2.dilate(true.astype(np.uint8), np.ones((5, 5), np.uint8)) > 0
        invented = sum(not (near[part.slices()] & part.pixels).any() for part in components(found))
        self.false_regions += invented
        if label == GOOD:
            self.good_photos += 1
            self.false_regions_good += invented

    def summary(self) -> dict[str, object]:
        """Figures; `dice` and `iou` pool pixels of all photos, `dice_per_photo` averages over photos with a defect."""
        spoiled = {label: row for label, row in self.by_class.items() if label != GOOD}
        hits, marked, size = (sum(row[index] for row in self.by_class.values()) for index in range(3))
        photos = sum(row[3] for row in spoiled.values())
        return {
            "photos": self.photos,
            "dice": _dice(hits, marked, size),
            "iou": _iou(hits, marked, size),
            "dice_per_photo": sum(row[4] for row in spoiled.values()) / photos if photos else float("nan"),
            "pixel_ap": average_precision(self.positive, self.negative),
            "calibration_error": calibration_error(self.positive, self.negative),
            "region_recall": _share([self.regions[name] for name, _, _ in SIZES if name in self.regions]),
            "false_regions_per_photo": self.false_regions / max(1, self.photos),
            "false_regions_per_good_photo": (
                self.false_regions_good / self.good_photos if self.good_photos else float("nan")
            ),
            "class_accuracy": self.named_right / self.named if self.named else float("nan"),
            "by_class": {
                label: {
                    "dice": _dice(*row[:3]),
                    "iou": _iou(*row[:3]),
                    "dice_per_photo": row[4] / row[3],
                    "region_recall": _share([self.regions.get(label, [0, 0])]),
                    "photos": int(row[3]),
                }
                for label, row in sorted(spoiled.items())
            },
            "by_size": {
                name: {"region_recall": _share([self.regions[name]]), "regions": self.regions[name][1]}
                for name, _, _ in SIZES
                if name in self.regions
            },
        }


def _dice(hits: float, marked: float, size: float) -> float:
    return 2 * hits / (marked + size) if marked + size else float("nan")


def _iou(hits: float, marked: float, size: float) -> float:
    union = marked + size - hits
    return hits / union if union else float("nan")


def _share(rows: Sequence[Sequence[int]]) -> float:
    total = sum(row[1] for row in rows)
    return sum(row[0] for row in rows) / total if total else float("nan")


def average_precision(positive: NDArray[np.int64], negative: NDArray[np.int64]) -> float:
    """Average precision of pixels from counts a probability bin, ascending; NaN without a positive pixel."""
    hits, false = positive[::-1].cumsum(), negative[::-1].cumsum()
    if hits[-1] == 0:
        return float("nan")
    precision = hits / np.maximum(1, hits + false)
    return float((precision * positive[::-1]).sum() / hits[-1])


def calibration_error(positive: NDArray[np.int64], negative: NDArray[np.int64]) -> float:
    """Expected calibration error of pixel probabilities over `ECE_BINS` equal bins (Guo et al., ICML 2017)."""
    centres = (np.arange(BINS) + 0.5) / BINS
    group = np.minimum((centres * ECE_BINS).astype(int), ECE_BINS - 1)
    counts = positive + negative
    total = counts.sum()
    if not total:
        return float("nan")
    error = 0.0
    for index in range(ECE_BINS):
        chosen = group == index
        weight = counts[chosen].sum()
        if weight:
            said = float((centres[chosen] * counts[chosen]).sum() / weight)
            error += weight / total * abs(said - float(positive[chosen].sum() / weight))
    return float(error)


def best_threshold(positive: NDArray[np.int64], negative: NDArray[np.int64]) -> float:
    """The probability cut with the best pooled IoU, kept within 0.05 … 0.95."""
    hits, false = positive[::-1].cumsum()[::-1], negative[::-1].cumsum()[::-1]
    iou = hits / np.maximum(1, positive.sum() + false)
    cuts = np.arange(BINS) / BINS
    allowed = (cuts >= 0.05) & (cuts <= 0.95)
    return float(cuts[allowed][int(np.argmax(iou[allowed]))])
