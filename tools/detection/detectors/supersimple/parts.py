"""What the detector is made of once fitted: heads that each left out a part of the photos, and one memory of patches.

Raw evidence of a photo is a pair of small maps; `Scale` puts both on one footing, learned from good photos that the
scoring head and memory had not seen.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch.nn import functional

from tools.detection.detectors.maps import stand_out, top_mean
from tools.detection.detectors.patchcore.memory import Memory
from tools.detection.detectors.patches import locally_aware
from tools.detection.detectors.supersimple.head import Head
from tools.detection.detectors.supersimple.train import forward

FINE_SHARE, BROAD_SHARE = 0.0005, 0.08
"""Shares of the head's map whose means tell small and large defects."""
MEMORY_SHARE = 0.01
"""Share of patches whose mean distance is the worst that the memory says of a photo."""
NUMBERS = 4
"""What is told of a photo; see `Evidence.numbers`."""
HELD_OUT_QUANTILE = 0.95
"""Of good photos: one unit above their median."""


@dataclass(frozen=True)
class Evidence:
    """Of one photo: the head's logits and the distances to the memory, both small maps."""

    logits: NDArray[np.float32]
    distances: NDArray[np.float32]

    def numbers(self) -> NDArray[np.float64]:
        """Small defects, large defects, unlike anything good, and the same held against the photo itself: four numbers,
        higher is worse; the third scales the map, the others make the score.
        """
        return np.array(
            [
                top_mean(self.logits, FINE_SHARE),
                top_mean(self.logits, BROAD_SHARE),
                top_mean(self.distances, MEMORY_SHARE),
                stand_out(self.distances, MEMORY_SHARE),
            ]
        )


@dataclass(frozen=True)
class Scale:
    """Middle and width of the four numbers on good photos that were held out: arrays of 4."""

    middle: NDArray[np.float64]
    width: NDArray[np.float64]

    @classmethod
    def learn(cls, rows: Sequence[NDArray[np.float64]]) -> Scale:
        """From the numbers of held-out good photos."""
        table = np.stack(rows)
        middle = np.median(table, axis=0)
        upper = np.quantile(table, HELD_OUT_QUANTILE, axis=0)
        return cls(middle, np.maximum(upper - middle, 0.02 * np.abs(middle) + 0.05))

    def units(self, evidence: Evidence) -> NDArray[np.float64]:
        """The four numbers in units of good photos' spread: 0 is typical, 1 the worst of twenty good ones."""
        found: NDArray[np.float64] = (evidence.numbers() - self.middle) / self.width
        return found

    def score(self, evidence: Evidence, weight: float) -> float:
        """One number: mean of small, large and standing out from good parts and itself, the last with this weight."""
        return float(np.average(self.units(evidence), weights=(1.0, 1.0, 0.0, weight)))


def cells_of(stages: Sequence[NDArray[np.float32]]) -> NDArray[np.float32]:
    """Patch features of the two coarsest stages, N x h x w x C."""
    return locally_aware(list(stages[-2:]))


def logits_of(heads: Sequence[Head], stages: Sequence[NDArray[np.float32]]) -> NDArray[np.float32]:
    """Mean logits of the heads, N x h x w."""
    with torch.inference_mode():
        tensors = [torch.from_numpy(values) for values in stages]
        total = torch.stack([forward(head, tensors) for head in heads]).mean(dim=0)
        return np.asarray(total[:, 0].numpy(), dtype=np.float32)


def distances_of(memory: Memory, cells: NDArray[np.float32]) -> NDArray[np.float32]:
    """Distance of each cell of a photo (h x w x C) to the nearest of the memory: h x w."""
    return memory.bank.nearest(memory.ready(cells))[0][:, 0].reshape(cells.shape[:2])


def units_of_maps(evidence: Evidence, scale: Scale, *, with_memory: bool = True) -> NDArray[np.float32]:
    """Both maps on the scale of good photos' spread, joined by a soft maximum, at the head's resolution."""
    height, width = evidence.logits.shape
    head = (evidence.logits - scale.middle[0]) / scale.width[0]
    tensor = torch.from_numpy(evidence.distances)[None, None]
    far = functional.interpolate(tensor, size=(height, width), mode="bilinear")[0, 0].numpy()
    weights = (1.0, 1.0 if with_memory else 0.0)
    return soft_maximum(np.stack([head, (far - scale.middle[2]) / scale.width[2]]), weights).astype(np.float32)


def soft_maximum(units: NDArray[np.floating], weights: Sequence[float]) -> NDArray[np.floating]:
    """log of the weighted mean of exp(units) along the first axis: 0 where all are 0, led by the largest."""
    share = np.log(np.asarray(weights) / np.sum(weights) + 1e-12).reshape(-1, *[1] * (units.ndim - 1))
    found: NDArray[np.floating] = np.logaddexp.reduce(units + share, axis=0)
    return found
