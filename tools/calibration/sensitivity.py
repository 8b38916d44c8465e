"""Which parameters the embedding can see at all.

From everything tried, a ridge regression predicts the metric coordinates from the parameters; a parameter's visibility
is how much worse the cross-validated prediction gets when that parameter's column is shuffled (permutation importance,
Breiman 2001), as a share of the variance that can be predicted. What lies near zero cannot be calibrated from images.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import Ridge
from sklearn.model_selection import KFold
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import PolynomialFeatures, StandardScaler

from tools.calibration.optimiser import Told
from tools.calibration.space import Category, Space

FOLDS = 5
UNSEEN = 0.02
REPEATS = 5


def _design(points: NDArray[np.float64], space: Space) -> tuple[NDArray[np.float64], list[list[int]]]:
    """Numbers as they are, categories one-hot; and which columns belong to which parameter."""
    blocks: list[NDArray[np.float64]] = []
    owners: list[list[int]] = []
    for column, part in enumerate(space.parameters.values()):
        if isinstance(part, Category):
            block = np.eye(len(part.choices))[points[:, column].astype(int)]
        else:
            block = points[:, column : column + 1]
        start = sum(item.shape[1] for item in blocks)
        owners.append(list(range(start, start + block.shape[1])))
        blocks.append(block)
    return np.hstack(blocks), owners


def visibility(told: Told, space: Space, *, seed: int = 0) -> dict[str, float]:
    """Each parameter's visibility, in [0, 1]; below `UNSEEN` the embedding does not see it.

    With fewer than twice as many sets as folds nothing can be said, and every value is NaN.
    """
    if len(told.points) < 2 * FOLDS:
        return dict.fromkeys(space.names, float("nan"))
    design, owners = _design(told.points, space)
    generator = np.random.default_rng(seed)
    lost = np.zeros(len(owners))
    for train, test in KFold(FOLDS, shuffle=True, random_state=seed).split(design):
        model = make_pipeline(PolynomialFeatures(2, include_bias=False), StandardScaler(), Ridge(alpha=3.0))
        model.fit(design[train], told.outcomes[train])
        honest = ((model.predict(design[test]) - told.outcomes[test]) ** 2).sum()
        for number, columns in enumerate(owners):
            for _ in range(REPEATS):
                shuffled = design[test].copy()
                shuffled[:, columns] = shuffled[generator.permutation(len(test))][:, columns]
                lost[number] += (((model.predict(shuffled) - told.outcomes[test]) ** 2).sum() - honest) / REPEATS
    spread = ((told.outcomes - told.outcomes.mean(axis=0)) ** 2).sum()
    shares = np.clip(lost / (2 * spread), 0.0, 1.0)
    return {name: float(share) for name, share in zip(space.names, shares, strict=True)}
