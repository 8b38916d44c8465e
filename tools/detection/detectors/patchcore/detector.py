"""PatchCore (Roth et al., CVPR 2022) on a frozen backbone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tools.detection.detectors.checks import check_images, check_state, not_fitted
from tools.detection.detectors.maps import full_size, top_mean
from tools.detection.detectors.patchcore.memory import Memory
from tools.detection.detectors.source import Source
from tools.detection.errors import DetectionInputError
from tools.detection.protocol import Prediction
from tools.vision.backbone import Backbone
from tools.vision.types import RgbImage


class PatchCore:
    """Distance of each patch to the nearest of a coreset of good patches.

    Score scale: Euclidean distance of scaled features, 0 and up; two unrelated good patches are about 14 apart.
    """

    name = "patchcore"

    def __init__(
        self,
        *,
        backbone: str | Backbone = "efficientnet-lite0",
        size: tuple[int, int] | None = None,
        side_px: int = 288,
        stages: Sequence[str] | None = None,
        coreset: int = 2000,
        neighbours: int = 9,
        top_share: float = 0.01,
        even: float = 0.5,
        max_patches: int = 400_000,
    ) -> None:
        """Settle what fitting will do.

        Args:
            backbone: spec or instance.
            size: input (height, width); chosen from the good images' shape if not given.
            side_px: side of the square with the input's area, where `size` is not given.
            stages: backbone stages; the first gives the map's resolution. Chosen by the backbone if not given.
            coreset: patches kept.
            neighbours: patches that share in the re-weighting of scores (equation 7); 1 switches it off.
            top_share: share of patches whose mean is the image's score.
            even: share of a photo's own mean that is taken from its patches: 1 makes the score blind to light and to
                what changes everywhere alike, 0 is the published method.
            max_patches: more patches than these are thinned at random before the coreset is chosen.
        """
        self._source = Source(backbone, stages=stages, size=size, side_px=side_px)
        self._coreset, self._even = int(coreset), float(even)
        self._neighbours, self._top_share, self._max_patches = int(neighbours), float(top_share), int(max_patches)
        if self._coreset < 1 or self._neighbours < 1 or not 0 < self._top_share <= 1 or self._max_patches < 1:
            raise DetectionInputError(
                "patchcore: coreset, neighbours and max_patches must be at least 1 and top_share in (0, 1]"
            )
        self._memory: Memory | None = None

    def fit(self, images: Sequence[RgbImage], *, seed: int) -> None:
        """See `Detector.fit`; one image is enough, a dozen are better."""
        check_images(images, at_least=1, who=self.name)
        self._source.settle(images)
        cells = self._source.cells(images)
        share = max(1, self._max_patches // len(images))
        self._memory = Memory.learn(cells, share=share, count=self._coreset, even=self._even, seed=seed)

    def predict(self, images: Sequence[RgbImage]) -> list[Prediction]:
        """See `Detector.predict`."""
        if self._memory is None:
            raise not_fitted(self.name)
        check_images(images)
        return [self._predict(image, cells) for image, cells in zip(images, self._source.cells(images), strict=True)]

    def _predict(self, image: RgbImage, cells: NDArray[np.float32]) -> Prediction:
        assert self._memory is not None
        flat = self._memory.ready(cells)
        scores = self._memory.bank.distances(flat)
        self._reweight(scores, flat)
        values = scores.reshape(cells.shape[:2])
        return Prediction(top_mean(values, self._top_share), full_size(values, image.shape[:2], sigma_cells=0.5))

    def _reweight(self, scores: NDArray[np.float32], flat: NDArray[np.float32]) -> None:
        """Equation 7, in place, on the patches that make the score: less where the nearest patch is itself rare."""
        assert self._memory is not None
        k = min(self._neighbours, len(self._memory.bank))
        if k < 2:
            return
        count = max(1, round(self._top_share * len(scores)))
        worst = np.argpartition(scores, len(scores) - count)[-count:]
        _, nearest = self._memory.bank.nearest(flat[worst])
        _, around = self._memory.bank.nearest(self._memory.bank.points[nearest[:, 0]], k)
        gaps = np.linalg.norm(self._memory.bank.points[around] - flat[worst, None, :], axis=2)
        gaps -= scores[worst, None] + np.float32(0)
        weights = 1 - 1 / np.exp(gaps).sum(axis=1)
        scores[worst] *= weights.astype(np.float32)

    def config(self) -> Mapping[str, Any]:
        """See `Detector.config`."""
        return {
            **self._source.config(),
            "coreset": self._coreset,
            "neighbours": self._neighbours,
            "top_share": self._top_share,
            "even": self._even,
            "max_patches": self._max_patches,
        }

    def state(self) -> Mapping[str, NDArray[np.generic]]:
        """`bank`: the coreset, M x D; `scale`: factor of each channel, D."""
        if self._memory is None:
            raise not_fitted(self.name)
        return {"bank": self._memory.bank.points, "scale": self._memory.scale}

    def load_state(self, state: Mapping[str, NDArray[np.generic]]) -> None:
        """See `Detector.load_state`."""
        check_state(state, ["bank", "scale"], self.name)
        self._memory = Memory.from_arrays(state["bank"], state["scale"], self._even, self.name)
