"""The baseline that deep detectors must beat: robust z-scores of pixels against the good parts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from tools.detection.detectors.checks import check_images, check_state, not_fitted
from tools.detection.detectors.maps import full_size, top_mean
from tools.detection.detectors.patches import choose_size
from tools.detection.errors import DetectionInputError
from tools.detection.protocol import Prediction
from tools.vision.backbone.prepare import resize
from tools.vision.types import RgbImage

MAD_TO_SIGMA = 1.4826
"""Makes the median absolute deviation of normal data its standard deviation."""
MIN_SIGMA = 2.0
"""Grey levels; below this camera noise decides."""


class Pixel:
    """Largest robust z-score over channels, after the image's own brightness and contrast are evened out.

    Score scale: standard deviations of a good part's pixel, 0 and up.
    """

    name = "pixel"

    def __init__(
        self,
        *,
        backbone: object = None,
        size: tuple[int, int] | None = None,
        side_px: int = 256,
        top_share: float = 0.01,
    ) -> None:
        """Settle the working size.

        Args:
            backbone: not used; taken so that every detector can be built with the same arguments.
            size: working (height, width); chosen from the good images' shape if not given.
            side_px: side of the square with the working area, where `size` is not given.
            top_share: share of pixels whose mean is the image's score.
        """
        del backbone
        self._size = (int(size[0]), int(size[1])) if size is not None else None
        self._side_px, self._top_share = int(side_px), float(top_share)
        if self._side_px < 16 or not 0 < self._top_share <= 1:
            raise DetectionInputError("pixel: side_px must be at least 16 and top_share in (0, 1]")
        self._median: NDArray[np.float32] | None = None
        self._sigma: NDArray[np.float32] | None = None

    def fit(self, images: Sequence[RgbImage], *, seed: int) -> None:
        """See `Detector.fit`; nothing is random here."""
        del seed
        check_images(images, at_least=3, who=self.name)
        if self._size is None:
            self._size = choose_size(images, self._side_px, 16)
        stack = np.stack([self._even(image) for image in images])
        self._median = np.median(stack, axis=0).astype(np.float32)
        mad = np.median(np.abs(stack - self._median), axis=0).astype(np.float32)
        self._sigma = np.maximum(cv2.GaussianBlur(mad, (0, 0), 2.0) * MAD_TO_SIGMA, MIN_SIGMA).astype(np.float32)

    def _even(self, image: RgbImage) -> NDArray[np.float32]:
        """Working size, light blur, and the image's own median moved to 128."""
        assert self._size is not None
        small = cv2.GaussianBlur(resize(image, self._size), (0, 0), 1.0).astype(np.float32)
        return np.asarray(small - np.median(small, axis=(0, 1)) + 128.0, dtype=np.float32)

    def predict(self, images: Sequence[RgbImage]) -> list[Prediction]:
        """See `Detector.predict`."""
        if self._median is None or self._sigma is None:
            raise not_fitted(self.name)
        check_images(images)
        found: list[Prediction] = []
        for image in images:
            values = (np.abs(self._even(image) - self._median) / self._sigma).max(axis=2)
            found.append(Prediction(top_mean(values, self._top_share), full_size(values, image.shape[:2])))
        return found

    def config(self) -> Mapping[str, Any]:
        """See `Detector.config`."""
        size = list(self._size) if self._size else None
        return {"size": size, "side_px": self._side_px, "top_share": self._top_share}

    def state(self) -> Mapping[str, NDArray[np.generic]]:
        """`median` and `sigma`: height x width x 3, grey levels."""
        if self._median is None or self._sigma is None:
            raise not_fitted(self.name)
        return {"median": self._median, "sigma": self._sigma}

    def load_state(self, state: Mapping[str, NDArray[np.generic]]) -> None:
        """See `Detector.load_state`."""
        check_state(state, ["median", "sigma"], self.name)
        self._median = np.asarray(state["median"], dtype=np.float32)
        self._sigma = np.asarray(state["sigma"], dtype=np.float32)
