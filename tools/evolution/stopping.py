"""When enough has been asked: how probable it is that nothing better can be drawn, and how many questions are left.

The belief of a `Taste` says how far each drawn text may be from what is wanted. A text is as good as the best if no
other drawn one is nearer by more than a difference that can be seen.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from tools.evolution.taste import SLIPS, STEEPNESS, Taste, coordinates

STOP_AT = 0.9
VISIBLE = 0.5
"""Root mean square gap, in scales, from which a difference in closeness is worth another question."""
POOL = 60
"""Of the drawn texts those nearest to the middle of the belief are looked at."""


def best_probability(taste: Taste, champion: str) -> float:
    """The share of the belief under which no drawn text is visibly nearer to what is wanted than the champion."""
    distances, row = _distances(taste, champion)
    _, weights = taste.belief
    return float(weights @ (distances[row] - distances.min(axis=0) < VISIBLE))


def remaining(taste: Taste, champion: str, *, rollouts: int = 4, at_most: int = 15) -> int:
    """Expected number of further questions until `best_probability` passes 0.9; plays them out on what is drawn."""
    distances, row = _distances(taste, champion)
    _, weights = taste.belief
    counts = [_play(distances, row, weights, np.random.default_rng(seed), at_most) for seed in range(rollouts)]
    return round(sum(counts) / len(counts))


def _distances(taste: Taste, champion: str) -> tuple[NDArray[np.float64], int]:
    """Distance of each particle from each text of the pool, `[texts, particles]`, and the champion's row."""
    target = taste.target()
    order = sorted(taste.drawn, key=lambda text: float(((coordinates(taste.drawn[text]) - target) ** 2).sum()))
    texts = [champion, *(text for text in order[:POOL] if text != champion)]
    return np.stack([taste.distance(taste.drawn[text]) for text in texts]), 0


def _play(
    distances: NDArray[np.float64],
    champion: int,
    weights: NDArray[np.float64],
    generator: np.random.Generator,
    at_most: int,
) -> int:
    """One future: a target drawn from the belief answers, slips included."""
    weights = weights.copy()
    target = int(generator.choice(len(weights), p=weights))
    nearest = distances.min(axis=0)
    for asked in range(at_most):
        if weights @ (distances[champion] - nearest < VISIBLE) > STOP_AT:
            return asked
        challenger = int(distances[:, int(generator.choice(len(weights), p=weights))].argmin())
        gain = STEEPNESS * (distances[challenger] - distances[champion])
        prefers = SLIPS + (1 - 2 * SLIPS) / (1 + np.exp(-gain))
        kept = bool(generator.random() < prefers[target])
        weights *= prefers if kept else 1 - prefers
        weights /= weights.sum()
        champion = champion if kept else challenger
    return at_most
