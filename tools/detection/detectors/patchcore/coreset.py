"""Greedy k-centre coreset (Gonzalez 1985; Sener & Savarese 2018), exact and without visiting every point at each step.

A point's distance to the nearest centre only falls while centres are added, so a value from before is an upper bound
(lazy greedy, Minoux 1978). Only the few thousand points that lie farthest away are kept up to date, centre by centre,
as long as the farthest of them beats every bound outside; then all others catch up with the new centres in one matrix
product. Besides, a point nearer than half the radius to its own centre cannot come nearer to a new one (triangle
inequality) and sits out. The same selection as the plain algorithm at a fraction of the time, without any projection.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

FRONT = 2048
"""Points that are kept up to date at each step."""
CHUNK = 8192


def greedy_coreset(points: NDArray[np.float32], count: int, *, seed: int) -> NDArray[np.intp]:
    """Indices of `count` points that cover all points with a small largest distance.

    Args:
        points: `float32`, N x D.
        count: how many to choose; all where N is not larger.
        seed: of the first point.

    Returns:
        Indices in the order of choice, without repeats.
    """
    total = len(points)
    if count >= total:
        return np.arange(total, dtype=np.intp)
    squares = np.einsum("nd,nd->n", points, points)
    first = int(np.random.default_rng(seed).integers(total))
    chosen = [first]
    nearest = _squared(points, squares, points[first], squares[first])
    nearest[first] = 0.0
    while len(chosen) < count:
        radius = float(nearest.max())
        if radius <= 0:  # only repeats are left
            spare = np.setdiff1d(np.arange(total), chosen)[: count - len(chosen)]
            return np.concatenate([chosen, spare]).astype(np.intp)
        before = len(chosen)
        front = _phase(points, squares, nearest, chosen, count)
        if len(chosen) < count:
            _catch_up(points, squares, nearest, front, np.asarray(chosen[before:]))
    return np.asarray(chosen, dtype=np.intp)


def _phase(
    points: NDArray[np.float32],
    squares: NDArray[np.float32],
    nearest: NDArray[np.float32],
    chosen: list[int],
    count: int,
) -> NDArray[np.intp]:
    """Choose among the farthest points while they beat every bound outside; returns which points are up to date."""
    total = len(nearest)
    if total > FRONT:
        front = np.argpartition(nearest, total - FRONT)[total - FRONT :]
        front.sort()  # equal distances: the lowest index first, as in the plain algorithm
        outside = np.ones(total, dtype=bool)
        outside[front] = False
        floor = float(nearest[outside].max())
    else:
        front, floor = np.arange(total), 0.0
    part, part_squares, part_nearest = points[front], squares[front], nearest[front]
    fresh = False
    while len(chosen) < count:
        index = int(part_nearest.argmax())
        if part_nearest[index] <= 0 or (fresh and part_nearest[index] < floor):
            break
        fresh = True  # the first choice is the farthest of all points, whose values are all up to date
        chosen.append(int(front[index]))
        distances = _squared(part, part_squares, part[index], part_squares[index])
        np.minimum(part_nearest, distances, out=part_nearest)
        part_nearest[index] = 0.0
    nearest[front] = part_nearest
    return front


def _catch_up(
    points: NDArray[np.float32],
    squares: NDArray[np.float32],
    nearest: NDArray[np.float32],
    front: NDArray[np.intp],
    centres: NDArray[np.intp],
) -> None:
    """Bring the points outside the front up to date with the new centres.

    Each new centre lay at least the root of the front's largest value away from all before it.
    """
    import torch

    radius = float(nearest[front].max())
    behind = nearest >= radius / 4
    behind[front] = False
    indices = np.flatnonzero(behind)
    memory = torch.from_numpy(points[centres])
    half = torch.from_numpy(squares[centres]) / 2
    with torch.inference_mode():
        for start in range(0, len(indices), CHUNK):
            some = indices[start : start + CHUNK]
            closeness = torch.addmm(half, torch.from_numpy(points[some]), memory.T, beta=-1).amax(dim=1)
            distances = np.maximum(squares[some] - 2 * closeness.numpy(), 0.0)
            nearest[some] = np.minimum(nearest[some], distances)


def _squared(
    points: NDArray[np.float32], squares: NDArray[np.float32], centre: NDArray[np.float32], square: np.float32
) -> NDArray[np.float32]:
    """Squared distances of all points to one."""
    distances: NDArray[np.float32] = points @ centre
    distances *= -2.0
    distances += squares
    distances += square
    np.maximum(distances, 0.0, out=distances)
    return distances
