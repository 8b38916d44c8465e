"""The length of a thin shape: its longest shortest path, through the pixels of its mask."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix
from scipy.sparse.csgraph import dijkstra

_STEPS = ((0, 1), (1, 0), (1, 1), (1, -1), (1, 2), (2, 1), (1, -2), (2, -1))


def geodesic_length(mask: NDArray[np.bool_]) -> float:
    """Longest shortest path plus one pixel; steps go to neighbours and a knight's move away, so it is 1 % exact.

    Args:
        mask: height x width, one connected piece.
    """
    count = int(mask.sum())
    if count < 2:
        return float(count)
    number = np.full(mask.shape, -1)
    number[mask] = np.arange(count)
    sources, targets, weights = [], [], []
    height, width = mask.shape
    for dy, dx in _STEPS:
        here = number[: height - dy, max(0, -dx) : width - max(0, dx)]
        there = number[dy:, max(0, dx) : width + min(0, dx)]
        both = (here >= 0) & (there >= 0)
        sources.append(here[both])
        targets.append(there[both])
        weights.append(np.full(int(both.sum()), np.sqrt(dy * dy + dx * dx)))
    edges = (np.concatenate(weights), (np.concatenate(sources), np.concatenate(targets)))
    graph = csr_matrix(edges, shape=(count, count))
    first = dijkstra(graph, directed=False, indices=0)
    far = int(np.argmax(np.where(np.isfinite(first), first, -1.0)))
    second = dijkstra(graph, directed=False, indices=far)
    return float(second[np.isfinite(second)].max()) + 1.0
