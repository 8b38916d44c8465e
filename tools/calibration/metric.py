"""The space in which distances to the real images are taken, and the plane in which people look at them.

Two projections, both fitted ONCE on iteration 0 and then fixed. The *plot* is the plain PCA of all its images. The
*metric* keeps more components and scales them by how much images of one and the same parameter set scatter, so that
one unit is one standard deviation of what nobody controls, and it puts the mean of the real images at the origin. A PCA
of the real images alone would be blind to everything in which real images do not vary and generated ones may be wrong.
"""

from __future__ import annotations

import io
from dataclasses import dataclass, fields
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from tools.calibration.errors import CalibrationError
from tools.scoring.distances import median_bandwidth
from tools.vision.images import write_atomic

Array = NDArray[np.float64]
COMPONENTS = 12
SHRINKAGE = 0.3


@dataclass(frozen=True)
class Metric:
    """Two fixed linear projections of `d`-dimensional embeddings and the bandwidth of the MMD."""

    mean: Array
    """`[d]`, of iteration 0."""
    axes: Array
    """`[k, d]` principal axes of iteration 0, strongest first."""
    whitening: Array
    """`[k, k]`, from principal coordinates to units of uncontrolled scatter."""
    origin: Array
    """`[k]`, the real mean in those units."""
    bandwidth: Array
    """`[1]`, median distance between real images."""

    @classmethod
    def fit(cls, real: Array, generated: Array, sets: NDArray[np.int_]) -> Metric:
        """Fit on iteration 0.

        Args:
            real: `[n, d]` embeddings of the real images.
            generated: `[m, d]` embeddings of the generated ones.
            sets: `[m]`, which parameter set each generated image belongs to.

        Raises:
            CalibrationError: fewer than four real images, or no parameter set with two images.
        """
        if len(real) < 4:
            raise CalibrationError(f"calibration needs at least 4 real images, there are {len(real)}; add photos")
        everything = np.vstack([real, generated]).astype(np.float64)
        mean = everything.mean(axis=0)
        _, singular, rows = np.linalg.svd(everything - mean, full_matrices=False)
        count = min(COMPONENTS, int((singular > 1e-9 * singular[0]).sum()))
        axes = rows[:count] * np.sign(rows[:count].sum(axis=1, keepdims=True) + 1e-12)
        coordinates = (generated - mean) @ axes.T
        scatter = np.vstack(
            [coordinates[sets == one] - coordinates[sets == one].mean(axis=0) for one in np.unique(sets)]
        )
        freedom = len(scatter) - len(np.unique(sets))
        if freedom < 1:
            raise CalibrationError("every parameter set has one image only; render at least two of each")
        covariance = scatter.T @ scatter / freedom
        target = np.diag(np.diag(covariance)) + 1e-12 * np.eye(count)
        shrunk = (1 - SHRINKAGE) * covariance + SHRINKAGE * target
        whitening = np.linalg.inv(np.linalg.cholesky(shrunk))
        origin = whitening @ ((real - mean) @ axes.T).mean(axis=0)
        space = ((real - mean) @ axes.T) @ whitening.T - origin
        return cls(mean, axes, whitening, origin, np.array([median_bandwidth(space)]))

    def project(self, embeddings: Array) -> Array:
        """`[n, d]` → `[n, k]` metric coordinates; the real mean lies at 0."""
        return np.asarray(((embeddings - self.mean) @ self.axes.T) @ self.whitening.T - self.origin)

    def plot(self, embeddings: Array) -> Array:
        """`[n, d]` → `[n, 2]`, the plain PCA of iteration 0."""
        return np.asarray((embeddings - self.mean) @ self.axes[:2].T)

    def save(self, path: Path) -> None:
        """Write an `.npz`; never a pickle."""
        buffer = io.BytesIO()
        np.savez(buffer, **{part.name: getattr(self, part.name) for part in fields(self)})
        write_atomic(path, buffer.getvalue())

    @classmethod
    def load(cls, path: Path) -> Metric:
        """Read what `save` wrote."""
        with np.load(path, allow_pickle=False) as stored:
            return cls(**{part.name: stored[part.name] for part in fields(cls)})
