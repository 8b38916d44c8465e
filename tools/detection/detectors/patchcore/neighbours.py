"""Exact nearest neighbours in a memory bank by matrix products: |x - m|² = |x|² + |m|² - 2 x·m."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

CHUNK = 2048


class Bank:
    """A memory of patch features, `float32`, M x D."""

    def __init__(self, points: NDArray[np.float32]) -> None:
        """Keep the points (not copied where contiguous) and their squared lengths."""
        import torch

        self.points = np.ascontiguousarray(points, dtype=np.float32)
        self._memory = torch.from_numpy(self.points)
        self._half_squares = (self._memory * self._memory).sum(dim=1) / 2

    def __len__(self) -> int:
        """Number of points."""
        return len(self.points)

    def distances(self, queries: NDArray[np.float32]) -> NDArray[np.float32]:
        """Euclidean distance of each query (`float32`, N x D) to the nearest point; faster than `nearest`."""
        import torch

        x = torch.from_numpy(np.ascontiguousarray(queries, dtype=np.float32))
        found = torch.empty(len(x), dtype=torch.float32)
        with torch.inference_mode():
            for start in range(0, len(x), CHUNK):
                part = x[start : start + CHUNK]
                best = self._closeness(part).amax(dim=1, keepdim=True)
                found[start : start + CHUNK] = _distance(part, best)[:, 0]
        return np.asarray(found.numpy(), dtype=np.float32)

    def nearest(self, queries: NDArray[np.float32], k: int = 1) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
        """The k nearest points, nearest first.

        Args:
            queries: `float32`, N x D.
            k: how many, at most the bank's size.

        Returns:
            Euclidean distances and indices, each N x k.
        """
        import torch

        x = torch.from_numpy(np.ascontiguousarray(queries, dtype=np.float32))
        distances = torch.empty((len(x), k), dtype=torch.float32)
        indices = torch.empty((len(x), k), dtype=torch.int64)
        with torch.inference_mode():
            for start in range(0, len(x), CHUNK):
                part = x[start : start + CHUNK]
                closeness = self._closeness(part)
                best, index = closeness.max(dim=1, keepdim=True) if k == 1 else closeness.topk(k, dim=1)
                distances[start : start + CHUNK] = _distance(part, best)
                indices[start : start + CHUNK] = index
        return distances.numpy(), indices.numpy()

    def _closeness(self, part: Any) -> Any:
        """x·m - |m|²/2 of each query and point: the larger, the nearer."""
        import torch

        return torch.addmm(self._half_squares, part, self._memory.T, beta=-1)


def _distance(part: Any, closeness: Any) -> Any:
    """Euclidean distances N x k from the closeness of each query's k points."""
    return ((part * part).sum(dim=1, keepdim=True) - 2 * closeness).clamp_(min=0).sqrt_()
