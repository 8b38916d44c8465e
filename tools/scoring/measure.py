"""Length, width and diameter of a defect, measured on its mask alone.

A stroke's length is that of its centre line: the longest shortest path through its pixels says which way it runs, the
centroids of what lies equally far along it are the line, and both ends go on until they leave the mask. Its width is
area over length. A compact region's length is the longer side of the smallest rectangle around it; its diameter is that
of the circle of equal area.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix
from scipy.sparse.csgraph import dijkstra

from tools.vision.masks import Component

_STEPS = ((0, 1), (1, 0), (1, 1), (1, -1), (1, 2), (2, 1), (1, -2), (2, -1))
"""To neighbours and a knight's move away: straight lines in any direction are then at most 3 % too long."""
_STROKE = 3.5
"""From this length over width a region is measured along itself."""
_STRAIGHT = 0.985


@dataclass(frozen=True)
class Measured:
    """Sizes in pixels; `solidity` is area over convex hull area, in (0, 1]; `orientation_deg` as in the Blueprint."""

    length_px: float
    width_px: float
    diameter_px: float
    area_px: int
    solidity: float
    orientation_deg: float


def measure(part: Component) -> Measured:
    """Measure one component."""
    pixels = np.pad(part.pixels.astype(np.uint8), 2)
    area = int(part.pixels.sum())
    length, arms = _lengths(pixels > 0)
    return Measured(
        length_px=length,
        width_px=area / (length + arms),
        diameter_px=2 * math.sqrt(area / math.pi),
        area_px=area,
        solidity=_solidity(pixels, area),
        orientation_deg=_orientation(pixels),
    )


def _lengths(mask: NDArray[np.bool_]) -> tuple[float, float]:
    """Length of the region, and of the side branches that leave its longest way."""
    run, path = _run(mask)
    longest = float(run[mask].max())
    width = float(mask.sum()) / (longest + 1.0)
    if longest + 1.0 < _STROKE * width:
        return max(_feret(mask), 1.0), 0.0
    apart = cv2.distanceTransform((~path).astype(np.uint8), cv2.DIST_L2, cv2.DIST_MASK_PRECISE)
    reach = 1.1 * width + 1.0
    line, along = _centre_line(mask & (apart <= reach), run, max(2.5, 0.5 * width))
    arms = _arms(mask & (apart > reach), run, width, reach)
    if len(line) < 2:
        return longest + 1.0, arms
    inner = float(np.hypot(*np.diff(line, axis=0).T).sum())
    straight = float(np.hypot(*(line[-1] - line[0]))) > _STRAIGHT * inner
    if straight and longest < 3.0 * _STROKE * width and arms == 0.0:
        return _feret(mask), 0.0
    # The way starts and ends in corners, which lie further off than the middle of a blunt end.
    blunt = float((mask & (run < width)).sum()) / (width * width)
    excess = 0.3 * width * min(max((blunt - 0.5) / 0.25, 0.0), 1.0)
    ends = float(along[0]) + longest - float(along[-1]) + 1.0 - excess
    return max(inner + ends, 1.0), arms


def _arms(beside: NDArray[np.bool_], run: NDArray[np.float64], width: float, reach: float) -> float:
    count, labels, stats, _ = cv2.connectedComponentsWithStats(beside.astype(np.uint8), connectivity=8)
    pieces = [run[labels == label] for label in range(1, count) if stats[label, cv2.CC_STAT_AREA] >= 3.0 * width]
    return float(sum(float(np.ptp(piece)) + 1.0 + reach - 0.5 * width for piece in pieces))


def _feret(mask: NDArray[np.bool_]) -> float:
    """Longer side of the smallest rotated rectangle around the pixels: around their centres, and most of a pixel."""
    points = np.argwhere(mask).astype(np.float32)
    return float(max(cv2.minAreaRect(cv2.convexHull(points))[1])) + 0.9


def _run(mask: NDArray[np.bool_]) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """How far each pixel is from one end, through the mask, and the pixels of the way from end to end."""
    graph = _graph(mask)
    first = dijkstra(graph, directed=False, indices=0)
    start = int(np.argmax(np.where(np.isfinite(first), first, -1.0)))
    away, before = dijkstra(graph, directed=False, indices=start, return_predecessors=True)
    away = np.where(np.isfinite(away), away, 0.0)
    visited = np.zeros(len(away), dtype=bool)
    here = int(np.argmax(away))
    while here >= 0:
        visited[here] = True
        here = int(before[here])
    run, path = np.zeros(mask.shape), np.zeros(mask.shape, dtype=bool)
    run[mask], path[mask] = away, visited
    return run, path


def _graph(mask: NDArray[np.bool_]) -> csr_matrix:
    number = np.full(mask.shape, -1)
    count = int(mask.sum())
    number[mask] = np.arange(count)
    sources, targets, weights = [], [], []
    height, width = mask.shape
    for dy, dx in _STEPS:
        here = number[: height - dy, max(0, -dx) : width - max(0, dx)]
        there = number[dy:, max(0, dx) : width + min(0, dx)]
        both = (here >= 0) & (there >= 0)
        sources.append(here[both])
        targets.append(there[both])
        weights.append(np.full(int(both.sum()), math.hypot(dy, dx)))
    edges = (np.concatenate(weights), (np.concatenate(sources), np.concatenate(targets)))
    return csr_matrix(edges, shape=(count, count))


def _centre_line(
    near: NDArray[np.bool_], run: NDArray[np.float64], slice_px: float
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """N x 2 points (row, column) and N distances from the first end: means over slices of equally far pixels, without
    the two slices at the ends."""
    rows, columns = np.nonzero(near)
    away = run[rows, columns]
    number = (away / slice_px).astype(int)
    count = np.bincount(number)
    filled = count > 0
    sums = [np.bincount(number, values)[filled] / count[filled] for values in (rows, columns, away)]
    return np.stack(sums[:2], axis=1)[1:-1], sums[2][1:-1]


def _solidity(pixels: NDArray[np.uint8], area: int) -> float:
    rows, columns = np.nonzero(pixels)
    corners = np.concatenate([np.stack([columns + dx, rows + dy], axis=1) for dx in (0, 1) for dy in (0, 1)])
    hull = cv2.contourArea(cv2.convexHull(corners.astype(np.int32)))
    return float(min(area / max(hull, 1.0), 1.0))


def _orientation(pixels: NDArray[np.uint8]) -> float:
    moments = cv2.moments(pixels, binaryImage=True)
    angle = 0.5 * math.atan2(2 * moments["mu11"], moments["mu20"] - moments["mu02"])
    # Image rows run downwards; the Blueprint counts counter-clockwise as seen.
    return float(-math.degrees(angle) % 180.0)
