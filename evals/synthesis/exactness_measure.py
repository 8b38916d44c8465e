"""Measuring a mask from its pixels alone: components, geodesic lengths, rotated rectangles, equal-area diameters."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix
from scipy.sparse.csgraph import dijkstra

_STEPS = ((0, 1), (1, 0), (1, 1), (1, -1), (1, 2), (2, 1), (1, -2), (2, -1))


def measure_instances(mask: NDArray[np.bool_], *, stroke: bool) -> list[dict[str, float]]:
    """One entry a connected component: `length_px`, `width_px`, `diameter_px`.

    Args:
        mask: height x width.
        stroke: measure along the shape (geodesic length, area over length) instead of across it.
    """
    count, labels, stats, _ = cv2.connectedComponentsWithStats(mask.astype(np.uint8), connectivity=8)
    found = []
    for label in range(1, count):
        x, y, width, height = (int(v) for v in stats[label, :4])
        piece = labels[y : y + height, x : x + width] == label
        found.append(_along(piece) if stroke else _across(piece))
    return found


def _across(piece: NDArray[np.bool_]) -> dict[str, float]:
    """Smallest rotated rectangle around the pixels (their outlines, not their centres) and equal-area diameter."""
    rows, columns = np.nonzero(piece)
    corners = np.concatenate([np.stack([columns + dx, rows + dy], axis=1) for dx in (0, 1) for dy in (0, 1)])
    _, sides, _ = cv2.minAreaRect(cv2.convexHull(corners.astype(np.float32)))
    return {
        "length_px": float(max(sides)),
        "width_px": float(min(sides)),
        "diameter_px": float(np.sqrt(4.0 * piece.sum() / np.pi)),
    }


def _along(piece: NDArray[np.bool_]) -> dict[str, float]:
    """Longest shortest path within the pixels; width is area over the length of all arms, so that a branch counts as
    length and not as width."""
    length, path = _longest_path(piece)
    guess = float(piece.sum()) / length
    # The path may hug a side of the band, so all that is a width away from it still belongs to the band.
    reach = int(np.ceil(guess)) + 2
    window = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * reach + 1, 2 * reach + 1))
    beside = piece & (cv2.dilate(path.astype(np.uint8), window) == 0)
    count, labels, stats, _ = cv2.connectedComponentsWithStats(beside.astype(np.uint8), connectivity=8)
    arms = 0.0
    for label in range(1, count):
        x, y, width, height, area = (int(v) for v in stats[label])
        if area >= 3.0 * guess:
            own, _ = _longest_path(labels[y : y + height, x : x + width] == label)
            arms += own + reach - 0.5 * guess
    return {"length_px": length, "width_px": float(piece.sum()) / (length + arms), "diameter_px": length}


def _longest_path(piece: NDArray[np.bool_]) -> tuple[float, NDArray[np.bool_]]:
    """Length of the longest shortest path in pixels, and the pixels it visits."""
    graph = _graph(piece)
    first = dijkstra(graph, directed=False, indices=0)
    start = int(np.argmax(np.where(np.isfinite(first), first, -1.0)))
    second, before = dijkstra(graph, directed=False, indices=start, return_predecessors=True)
    end = int(np.argmax(np.where(np.isfinite(second), second, -1.0)))
    visited = np.zeros(int(piece.sum()), dtype=bool)
    step = end
    while step >= 0:
        visited[step] = True
        step = int(before[step])
    path = np.zeros(piece.shape, dtype=bool)
    path[piece] = visited
    return float(second[end]) + 1.0, path


def _graph(piece: NDArray[np.bool_]) -> csr_matrix:
    """Pixels joined to their neighbours and to those a knight's move away."""
    number = np.full(piece.shape, -1)
    number[piece] = np.arange(int(piece.sum()))
    sources, targets, weights = [], [], []
    height, width = piece.shape
    for dy, dx in _STEPS:
        here = number[: height - dy, max(0, -dx) : width - max(0, dx)]
        there = number[dy:, max(0, dx) : width + min(0, dx)]
        both = (here >= 0) & (there >= 0)
        sources.append(here[both])
        targets.append(there[both])
        weights.append(np.full(int(both.sum()), np.hypot(dy, dx)))
    size = int(piece.sum())
    return csr_matrix((np.concatenate(weights), (np.concatenate(sources), np.concatenate(targets))), shape=(size, size))
