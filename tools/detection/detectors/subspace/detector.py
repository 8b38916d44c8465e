"""PCA residual of patch features, as in SubspaceAD and PaDiM's ancestors: a bundle far below a megabyte.

Patches of good parts lie near a linear subspace of the feature space; the length of what lies outside, measured against
the noise of good patches there, is the score (Jackson & Mudholkar 1979: the Q statistic of process control).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tools.detection.detectors.checks import check_images, check_state, not_fitted
from tools.detection.detectors.maps import full_size, top_mean
from tools.detection.detectors.patchcore.memory import evened
from tools.detection.detectors.source import Source
from tools.detection.errors import DetectionInputError
from tools.detection.protocol import Prediction
from tools.vision.backbone import Backbone
from tools.vision.types import RgbImage


class Subspace:
    """Score scale: length of the residual over that of a typical good patch; 1 is typical."""

    name = "subspace"

    def __init__(
        self,
        *,
        backbone: str | Backbone = "efficientnet-lite0",
        size: tuple[int, int] | None = None,
        side_px: int = 288,
        stages: Sequence[str] | None = None,
        variance: float = 0.9,
        even: float = 0.5,
        top_share: float = 0.03,
    ) -> None:
        """Settle what fitting will do.

        Args:
            backbone: spec or instance.
            size: input (height, width); chosen from the good images' shape if not given.
            side_px: side of the square with the input's area, where `size` is not given.
            stages: backbone stages, the first gives the map's resolution; chosen by the backbone if not given.
            variance: share of the good patches' variance that the subspace holds.
            even: share of a photo's own mean that is taken from its patches.
            top_share: share of patches whose mean is the image's score.
        """
        self._source = Source(backbone, stages=stages, size=size, side_px=side_px)
        self._variance, self._even, self._top_share = float(variance), float(even), float(top_share)
        if not 0 < self._variance < 1 or not 0 < self._top_share <= 1:
            raise DetectionInputError("subspace: variance must lie in (0, 1) and top_share in (0, 1]")
        self._state: dict[str, NDArray[np.float32]] = {}

    def fit(self, images: Sequence[RgbImage], *, seed: int) -> None:
        """See `Detector.fit`; nothing is random here."""
        del seed
        check_images(images, at_least=1, who=self.name)
        self._source.settle(images)
        count, total, squares = 0, np.zeros(0), np.zeros((0, 0))
        for cells in self._cells(images):
            flat = cells.reshape(-1, cells.shape[-1]).astype(np.float64)
            if count == 0:
                total, squares = np.zeros(flat.shape[1]), np.zeros((flat.shape[1],) * 2)
            count, total, squares = count + len(flat), total + flat.sum(axis=0), squares + flat.T @ flat
        mean = total / count
        covariance = squares / count - np.outer(mean, mean)
        scale = 1 / np.sqrt(np.maximum(np.diag(covariance), 1e-4 * np.diag(covariance).max() + 1e-12))
        values, vectors = np.linalg.eigh(covariance * np.outer(scale, scale))
        values, vectors = np.maximum(values[::-1], 0.0), vectors[:, ::-1]
        shares = np.cumsum(values) / max(values.sum(), 1e-12)
        kept = min(int(np.searchsorted(shares, self._variance)) + 1, len(values) - 1)
        self._state = {
            "mean": mean.astype(np.float32),
            "scale": scale.astype(np.float32),
            "components": np.ascontiguousarray(vectors[:, :kept].T, dtype=np.float32),
            "noise": np.array([max(float(np.sqrt(values[kept:].sum())), 1e-6)], dtype=np.float32),
        }

    def _cells(self, images: Sequence[RgbImage]) -> Iterator[NDArray[np.float32]]:
        return (evened(one, self._even) for one in self._source.cells(images))

    def predict(self, images: Sequence[RgbImage]) -> list[Prediction]:
        """See `Detector.predict`."""
        if not self._state:
            raise not_fitted(self.name)
        check_images(images)
        found: list[Prediction] = []
        for image, cells in zip(images, self._cells(images), strict=True):
            values = self._residual(cells)
            found.append(Prediction(top_mean(values, self._top_share), full_size(values, image.shape[:2], 0.5)))
        return found

    def _residual(self, cells: NDArray[np.float32]) -> NDArray[np.float32]:
        flat = (cells.reshape(-1, cells.shape[-1]) - self._state["mean"]) * self._state["scale"]
        inside = flat @ self._state["components"].T
        rest = np.maximum((flat * flat).sum(axis=1) - (inside * inside).sum(axis=1), 0.0)
        return np.asarray((np.sqrt(rest) / self._state["noise"][0]).reshape(cells.shape[:2]), dtype=np.float32)

    def config(self) -> Mapping[str, Any]:
        """See `Detector.config`."""
        return {
            **self._source.config(),
            "variance": self._variance,
            "even": self._even,
            "top_share": self._top_share,
        }

    def state(self) -> Mapping[str, NDArray[np.generic]]:
        """`mean` and `scale` (D), `components` (K x D), `noise` (1): about 50 kB with the default backbone."""
        if not self._state:
            raise not_fitted(self.name)
        return dict(self._state)

    def load_state(self, state: Mapping[str, NDArray[np.generic]]) -> None:
        """See `Detector.load_state`."""
        names = ["mean", "scale", "components", "noise"]
        check_state(state, names, self.name)
        self._state = {name: np.asarray(state[name], dtype=np.float32) for name in names}
