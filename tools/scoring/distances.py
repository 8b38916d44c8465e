"""Distances between two sets of embeddings, each `[n, d]` float.

A distance is only worth something against its noise floor: what two halves of the same set give. `noise_floor` measures
that; a stop line below it can never be reached honestly.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.spatial.distance import cdist, pdist

from tools.scoring.errors import ScoringError

Embeddings = NDArray[np.floating]
Distance = Callable[[Embeddings, Embeddings], float]
BANDWIDTH_FACTORS = (0.25, 0.5, 1.0, 2.0, 4.0)


def _checked(one: Embeddings, two: Embeddings, at_least: int = 2) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    first, second = np.asarray(one, dtype=np.float64), np.asarray(two, dtype=np.float64)
    if first.ndim != 2 or second.ndim != 2 or first.shape[1] != second.shape[1]:
        raise ScoringError(f"two sets of the same width are needed, these are {first.shape} and {second.shape}")
    if min(len(first), len(second)) < at_least:
        raise ScoringError(f"at least {at_least} images a set are needed, there are {len(first)} and {len(second)}")
    if not (np.isfinite(first).all() and np.isfinite(second).all()):
        raise ScoringError("an embedding holds NaN or infinity; check the images and the backbone")
    return first, second


def median_bandwidth(embeddings: Embeddings) -> float:
    """The median pairwise distance (Gretton et al. 2012, section 8). Fix it once, on the real set."""
    values = np.asarray(embeddings, dtype=np.float64)
    if len(values) < 2:
        raise ScoringError("a bandwidth needs two images")
    return max(float(np.median(pdist(values))), 1e-9)


def mmd2(one: Embeddings, two: Embeddings, *, bandwidth: float) -> float:
    """Unbiased squared maximum mean discrepancy, mean over Gaussian kernels of five bandwidths.

    Gretton et al., A Kernel Two-Sample Test, JMLR 2012, equation 3. Can be slightly negative: that is what unbiased
    means.
    """
    first, second = _checked(one, two)
    inner_one, inner_two, across = cdist(first, first), cdist(second, second), cdist(first, second)
    n, m = len(first), len(second)
    total = 0.0
    for factor in BANDWIDTH_FACTORS:
        scale = -1.0 / (2.0 * (factor * bandwidth) ** 2)
        kernel_one, kernel_two = np.exp(scale * inner_one**2), np.exp(scale * inner_two**2)
        total += (kernel_one.sum() - n) / (n * (n - 1)) + (kernel_two.sum() - m) / (m * (m - 1))
        total -= 2.0 * np.exp(scale * across**2).mean()
    return float(total / len(BANDWIDTH_FACTORS))


def energy(one: Embeddings, two: Embeddings) -> float:
    """Energy distance (Székely and Rizzo 2013), V-statistic; 0 only for equal distributions."""
    first, second = _checked(one, two)
    value = 2 * cdist(first, second).mean() - cdist(first, first).mean() - cdist(second, second).mean()
    return max(float(value), 0.0)


def sliced_wasserstein(one: Embeddings, two: Embeddings, *, seed: int = 0, directions: int = 128) -> float:
    """Mean 1-Wasserstein distance of projections on seeded random directions (Rabin et al. 2011)."""
    first, second = _checked(one, two)
    axes = np.random.default_rng(seed).standard_normal((first.shape[1], directions))
    axes /= np.linalg.norm(axes, axis=0)
    levels = (np.arange(200) + 0.5) / 200
    ours = np.quantile(first @ axes, levels, axis=0)
    theirs = np.quantile(second @ axes, levels, axis=0)
    return float(np.abs(ours - theirs).mean())


def frechet(one: Embeddings, two: Embeddings, *, shrinkage: float = 0.1) -> float:
    """Fréchet distance of fitted normals (Heusel et al. 2017, on this product's embeddings), covariances shrunk
    towards their diagonal because sets are small. FID-like: not comparable with FID of Inception features."""
    first, second = _checked(one, two)

    def moments(values: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        covariance = np.atleast_2d(np.cov(values, rowvar=False))
        return values.mean(axis=0), (1 - shrinkage) * covariance + shrinkage * np.diag(np.diag(covariance))

    (mean_one, cov_one), (mean_two, cov_two) = moments(first), moments(second)
    # trace of (A B)^1/2 from the eigenvalues of the symmetric A^1/2 B A^1/2
    values, vectors = np.linalg.eigh(cov_one)
    root = (vectors * np.sqrt(np.maximum(values, 0))) @ vectors.T
    cross = np.sqrt(np.maximum(np.linalg.eigvalsh(root @ cov_two @ root), 0)).sum()
    value = ((mean_one - mean_two) ** 2).sum() + np.trace(cov_one) + np.trace(cov_two) - 2 * cross
    return max(float(value), 0.0)


def kid(one: Embeddings, two: Embeddings) -> float:
    """Unbiased MMD² with the cubic kernel of KID (Bińkowski et al. 2018), on this product's embeddings."""
    first, second = _checked(one, two)
    width, n, m = first.shape[1], len(first), len(second)
    ours, theirs = (first @ first.T / width + 1) ** 3, (second @ second.T / width + 1) ** 3
    across = (first @ second.T / width + 1) ** 3
    inner = (ours.sum() - np.trace(ours)) / (n * (n - 1)) + (theirs.sum() - np.trace(theirs)) / (m * (m - 1))
    return float(inner - 2 * across.mean())


def nearest_neighbour(one: Embeddings, two: Embeddings) -> float:
    """Mean distance to the nearest of the other set, both directions averaged: misses and strays both count."""
    first, second = _checked(one, two, at_least=1)
    across = cdist(first, second)
    return float((across.min(axis=1).mean() + across.min(axis=0).mean()) / 2)


def share_within(generated: Embeddings, real: Embeddings, *, radius: float) -> float:
    """Share of generated images with a real one within `radius`, in [0, 1]."""
    first, second = _checked(generated, real, at_least=1)
    return float((cdist(first, second).min(axis=1) <= radius).mean())


def noise_floor(real: Embeddings, distance: Distance, *, seed: int, splits: int = 50, level: float = 0.95) -> float:
    """The `level` quantile of a distance between random halves of the real set: below it nothing can be told apart.

    Raises:
        ScoringError: fewer than four images.
    """
    values = np.asarray(real, dtype=np.float64)
    if len(values) < 4:
        raise ScoringError(f"a noise floor needs four real images, there are {len(values)}")
    generator = np.random.default_rng(seed)
    half = len(values) // 2
    found: Sequence[float] = [
        distance(values[order[:half]], values[order[half:]])
        for order in (generator.permutation(len(values)) for _ in range(splits))
    ]
    return float(np.quantile(found, level))
