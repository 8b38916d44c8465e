"""Multi-class overlap: confusion matrices a photo, pooled over folds, with intervals over specimens."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from evals.common import bootstrap_interval
from evals.synthesis.tiles import CLASSES
from tools.datasets.model import GOOD
from tools.segmentation.segmenter import Segmentation
from tools.vision.types import Mask

NAMES = ("background", *CLASSES)


def label_map(found: Segmentation, shares_of: Sequence[str]) -> NDArray[np.uint8]:
    """Each pixel's class number (0 background): a marked region has one class, that of its pixels together."""
    from tools.segmentation.segmenter import name_of
    from tools.vision.masks import components

    labels = np.zeros(found.mask.shape, np.uint8)
    assert found.classes is not None
    for part in components(found.mask):
        area = part.slices()
        name, _ = name_of(found.classes[:, area[0], area[1]], part.pixels, shares_of)
        labels[area][part.pixels] = NAMES.index(name)
    return labels


@dataclass
class Confusions:
    """Counts a photo: truth by rows, prediction by columns."""

    counts: list[NDArray[np.int64]] = field(default_factory=list)
    kinds: list[str] = field(default_factory=list)
    specimens: list[str] = field(default_factory=list)

    def add(self, labels: NDArray[np.uint8], truth: Mask, kind: str, specimen: str) -> None:
        """One photo; one with an empty defect mask is left out, as nobody knows what it shows."""
        if kind != GOOD and not truth.any():
            return
        true = (truth > 0).astype(np.int64) * (NAMES.index(kind) if kind != GOOD else 0)
        flat = np.bincount((true * len(NAMES) + labels).ravel(), minlength=len(NAMES) ** 2)
        self.counts.append(flat.reshape(len(NAMES), -1))
        self.kinds.append(kind)
        self.specimens.append(specimen)

    def figures(self, *, seed: int, resamples: int = 500) -> dict[str, Any]:
        """`miou` over background and classes, `miou_defects` without background, `dice` and `iou` of any defect
        against none, all pooled over pixels; 95 % intervals over specimens; IoU of each class."""
        counts, specimens = np.stack(self.counts), np.array(self.specimens)
        members = [np.flatnonzero(specimens == name) for name in np.unique(specimens)]
        # Each resample keeps the number of specimens of every kind, so that no class is ever missing.
        _, strata = np.unique([self.kinds[member[0]] for member in members], return_inverse=True)

        def of(statistic: Any) -> dict[str, float]:
            def over(chosen: NDArray[np.intp]) -> float:
                return float(statistic(counts[np.concatenate([members[index] for index in chosen])].sum(0)))

            return bootstrap_interval(over, len(members), seed=seed, resamples=resamples, strata=strata.tolist())

        return {
            "miou": of(lambda pooled: np.nanmean(ious(pooled))),
            "miou_defects": of(lambda pooled: np.nanmean(ious(pooled)[1:])),
            "dice": of(lambda pooled: _dice(_binary(pooled))),
            "iou": of(lambda pooled: ious(_binary(pooled))[1]),
            "miou_binary": of(lambda pooled: np.nanmean(ious(_binary(pooled)))),
            "by_class": dict(zip(NAMES, ious(counts.sum(0)).round(4).tolist(), strict=True)),
            "photos": len(self.counts),
        }


def ious(pooled: NDArray[np.int64]) -> NDArray[np.float64]:
    """Intersection over union of each class; NaN for one that is neither there nor predicted."""
    hits = np.diag(pooled).astype(np.float64)
    union = pooled.sum(0) + pooled.sum(1) - hits
    return np.where(union > 0, hits / np.maximum(union, 1), np.nan)


def _binary(pooled: NDArray[np.int64]) -> NDArray[np.int64]:
    return np.array([[pooled[0, 0], pooled[0, 1:].sum()], [pooled[1:, 0].sum(), pooled[1:, 1:].sum()]])


def _dice(binary: NDArray[np.int64]) -> float:
    return float(2 * binary[1, 1] / max(1, 2 * binary[1, 1] + binary[0, 1] + binary[1, 0]))
