"""The memory of good patches: evened, put on one scale, thinned to a coreset, asked for distances."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tools.detection.detectors.checks import fit_again
from tools.detection.detectors.patchcore.coreset import greedy_coreset
from tools.detection.detectors.patchcore.neighbours import Bank

TYPICAL = 10.0
"""Root of the good patches' total variance after scaling: makes scores of any backbone read alike."""


@dataclass
class Memory:
    """`bank` lies in scaled coordinates; `scale` is the factor of each channel, the same for all of them."""

    bank: Bank
    scale: NDArray[np.float32]
    even: float

    @classmethod
    def learn(cls, cells: Iterable[NDArray[np.floating]], *, share: int, count: int, even: float, seed: int) -> Memory:
        """From patch features.

        Args:
            cells: h x w x channels, a photo at a time.
            share: at most so many patches of a photo, picked at random.
            count: size of the coreset.
            even: share of a photo's own mean that is taken away.
            seed: of thinning and coreset.
        """
        generator = np.random.default_rng(seed)
        rows = []
        for one in cells:
            flat = evened(np.asarray(one, np.float32), even).reshape(-1, one.shape[-1])
            rows.append(flat if len(flat) <= share else flat[np.sort(generator.permutation(len(flat))[:share])])
        patches = np.concatenate(rows)
        spread = float(np.sqrt(patches[:: max(1, len(patches) // 50_000)].var(axis=0).sum()))
        scale = np.full(patches.shape[1], TYPICAL / max(spread, 1e-6), dtype=np.float32)
        patches *= scale
        return cls(Bank(patches[greedy_coreset(patches, count, seed=seed)]), scale, even)

    @classmethod
    def from_arrays(cls, points: NDArray[np.generic], scale: NDArray[np.generic], even: float, who: str) -> Memory:
        """From what a bundle of the detector `who` kept.

        Raises:
            DetectionInputError: points and scale do not belong together.
        """
        if points.ndim != 2 or not len(points) or scale.shape != points.shape[1:]:
            raise fit_again(f"the saved memory is {points.shape} with a scale of {scale.shape}", who)
        return cls(Bank(np.asarray(points, dtype=np.float32)), np.asarray(scale, dtype=np.float32), even)

    def ready(self, cells: NDArray[np.float32]) -> NDArray[np.float32]:
        """Patch features h x w x channels of a photo as rows in the memory's coordinates."""
        scaled: NDArray[np.float32] = evened(cells, self.even).reshape(-1, cells.shape[-1]) * self.scale
        return scaled


def evened(cells: NDArray[np.float32], share: float) -> NDArray[np.float32]:
    """h x w x channels without a share of the photo's own mean: what light does to all patches alike counts less."""
    if share == 0.0:
        return cells
    return np.asarray(cells - np.float32(share) * cells.mean(axis=(0, 1)), dtype=np.float32)
