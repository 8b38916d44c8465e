"""A calibrated *distribution* of parameters: tried sets and their shares that look together like the real images.

Real defects differ among themselves, so no single parameter set can lie where all of them lie. The shares minimise the
squared MMD of the mixture to the real images (kernel mean matching, Huang et al., NIPS 2006): a convex problem over the
images that there are already, so it costs no new one.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import cholesky, solve_triangular
from scipy.optimize import nnls
from scipy.spatial.distance import cdist

from tools.calibration.errors import CalibrationError
from tools.calibration.space import Category, Space, Value
from tools.scoring.distances import BANDWIDTH_FACTORS

Array = NDArray[np.float64]
MIN_SHARE = 0.02
_SUM_WEIGHT = 100.0
"""How strictly the shares add up to 1 while they are looked for; afterwards they are made to."""


@dataclass(frozen=True)
class Mixture:
    """Parameter sets and their shares, largest first; the shares add up to 1."""

    sets: tuple[Mapping[str, Value], ...]
    shares: tuple[float, ...]

    def draw(self, generator: np.random.Generator) -> Mapping[str, Value]:
        """One of the sets, at random by its share."""
        return self.sets[int(generator.choice(len(self.sets), p=self.shares))]

    def centre(self, space: Space) -> dict[str, Value]:
        """Share-weighted means of numbers and the likeliest category."""
        values: dict[str, Value] = {}
        for name, part in space.parameters.items():
            if isinstance(part, Category):
                votes = dict.fromkeys(part.choices, 0.0)
                for one, share in zip(self.sets, self.shares, strict=True):
                    votes[str(one[name])] += share
                values[name] = max(votes, key=lambda choice: votes[choice])
            else:
                middle = sum(float(one[name]) * share for one, share in zip(self.sets, self.shares, strict=True))
                values[name] = round(middle) if part.kind == "int" else middle
        return values


def fit_mixture(
    sets: Sequence[Mapping[str, Value]], clouds: Sequence[Array], real: Array, *, bandwidth: float
) -> Mixture:
    """The shares of the sets whose images together lie nearest to the real ones.

    Args:
        sets: parameter sets.
        clouds: `[n_i, k]` metric coordinates of each set's images.
        real: `[m, k]` of the real images.
        bandwidth: of the kernel, see `tools.scoring.distances.mmd2`.

    Raises:
        CalibrationError: there is no set.
    """
    if not sets or len(sets) != len(clouds):
        raise CalibrationError("a mixture needs parameter sets, and images of each")
    among = np.array([[_kernel(one, other, bandwidth) for other in clouds] for one in clouds])
    to_real = np.array([_kernel(one, real, bandwidth) for one in clouds])
    root = cholesky(among + 1e-8 * np.eye(len(sets)), lower=False)
    matrix = np.vstack([root, _SUM_WEIGHT * np.ones(len(sets))])
    wanted = np.append(solve_triangular(root, to_real, trans="T"), _SUM_WEIGHT)
    found = nnls(matrix, wanted)[0]
    shares = found / found.sum()
    kept = [int(index) for index in np.argsort(-shares) if shares[index] >= MIN_SHARE] or [int(shares.argmax())]
    total = float(shares[kept].sum())
    return Mixture(tuple(dict(sets[index]) for index in kept), tuple(float(shares[index]) / total for index in kept))


def _kernel(one: Array, other: Array, bandwidth: float) -> float:
    """Mean of the multi-bandwidth Gaussian kernel over all pairs."""
    squared = cdist(one, other, "sqeuclidean")
    return float(np.mean([np.exp(-squared / (2.0 * (factor * bandwidth) ** 2)).mean() for factor in BANDWIDTH_FACTORS]))
