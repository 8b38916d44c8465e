"""A detector that knows the truth: its map is the true mask; what is wrong in a report on it is the report's own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from evals.report.inspections import Case
from tools.detection.protocol import Prediction
from tools.vision.images import content_hash, load_image
from tools.vision.types import RgbImage

HIGH = 1.5
"""A true defect's score, as a multiple of the threshold."""


class TrueMasks:
    """Stands where a fitted detector stands, for photos whose masks are known."""

    name = "true masks"

    def __init__(self, cases: Sequence[Case], *, score_threshold: float, pixel_threshold: float) -> None:
        self._masks = {content_hash(load_image(case.path)): case for case in cases}
        self._score, self._pixel = score_threshold, pixel_threshold

    def predict(self, images: Sequence[RgbImage]) -> list[Prediction]:
        """Well above the thresholds on the mask, nothing elsewhere."""
        return [self._one(image) for image in images]

    def _one(self, image: RgbImage) -> Prediction:
        case = self._masks[content_hash(image)]
        values = np.zeros(image.shape[:2], dtype=np.float32)
        if case.mask is None:
            return Prediction(0.0, values)
        values[case.pixels()] = HIGH * self._pixel
        return Prediction(HIGH * self._score, values)

    def fit(self, images: Sequence[RgbImage], *, seed: int) -> None:
        """Nothing to learn."""

    def config(self) -> Mapping[str, Any]:
        """No settings."""
        return {}

    def state(self) -> Mapping[str, NDArray[np.generic]]:
        """Nothing learned."""
        return {}

    def load_state(self, state: Mapping[str, NDArray[np.generic]]) -> None:
        """Nothing to take back."""
