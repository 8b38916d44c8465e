"""Any detector as a scikit-learn estimator, with PyOD's attributes besides.

`decision_function` and `predict` follow scikit-learn's outlier detectors (above 0 is good; +1 good, -1 bad).
`decision_scores_`, `threshold_` and `labels_` follow PyOD (higher is worse; 0 good, 1 bad).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, OutlierMixin

from tools.detection.errors import DetectionInputError
from tools.detection.protocol import Detector
from tools.detection.registry import build_detector
from tools.vision.images import load_image
from tools.vision.types import RgbImage

Photos = Sequence[RgbImage] | Sequence[Path] | Sequence[str] | NDArray[np.uint8]


class DetectorEstimator(OutlierMixin, BaseEstimator):  # type: ignore[misc]
    """A detector of `tools.detection.registry` that scikit-learn can clone, fit and score."""

    def __init__(
        self,
        detector: str = "patchcore",
        *,
        backbone: str = "efficientnet-lite0",
        options: Mapping[str, Any] | None = None,
        contamination: float = 0.05,
        holdout: float = 0.3,
        seed: int = 0,
    ) -> None:
        """Keep the parameters as they are; `fit` checks them.

        Args:
            detector, backbone, options: as `build_detector`.
            contamination: share of held-out good photos above the threshold.
            holdout: share of the photos that set the threshold and that the detector does not see.
            seed: of the split and the fit.
        """
        self.detector = detector
        self.backbone = backbone
        self.options = options
        self.contamination = contamination
        self.holdout = holdout
        self.seed = seed

    def fit(self, X: Photos, y: object = None) -> Self:
        """Fit on photos of good parts: `uint8` H x W x 3 arrays or paths.

        Raises:
            DetectionInputError: not a list of photos, fewer than four, or parameters out of range.
        """
        del y
        if not 0 < self.contamination < 1 or not 0 < self.holdout < 1:
            raise DetectionInputError("contamination and holdout lie between 0 and 1")
        photos = _photos(X)
        if len(photos) < 4:
            raise DetectionInputError(f"{len(photos)} photos are too few to fit and set a threshold; give at least 4")
        order = np.random.default_rng(self.seed).permutation(len(photos))
        apart = max(1, round(self.holdout * len(photos)))
        built: Detector = build_detector(self.detector, backbone=self.backbone, **dict(self.options or {}))
        built.fit([photos[index] for index in order[apart:]], seed=self.seed)
        self.detector_ = built
        held_out = self._scores([photos[index] for index in order[:apart]])
        self.threshold_ = float(np.quantile(held_out, 1 - self.contamination, method="higher"))
        self.decision_scores_ = self._scores(photos)
        self.labels_ = (self.decision_scores_ > self.threshold_).astype(int)
        self.offset_ = -self.threshold_
        return self

    def score_samples(self, X: Photos) -> NDArray[np.float64]:
        """The negated scores: higher is better."""
        return -self._scores(_photos(X))

    def decision_function(self, X: Photos) -> NDArray[np.float64]:
        """Above 0: good."""
        return self.score_samples(X) + self.threshold_

    def predict(self, X: Photos) -> NDArray[np.int64]:
        """+1 good, -1 bad."""
        return np.where(self.decision_function(X) >= 0, 1, -1)

    def _scores(self, photos: Sequence[RgbImage]) -> NDArray[np.float64]:
        if not hasattr(self, "detector_"):
            raise DetectionInputError("this estimator was never fitted; call fit with photos of good parts")
        found = [
            one.score for first in range(0, len(photos), 8) for one in self.detector_.predict(photos[first : first + 8])
        ]
        return np.asarray(found, dtype=np.float64)


def _photos(given: Photos) -> list[RgbImage]:
    if isinstance(given, str | Path) or not hasattr(given, "__len__"):
        raise DetectionInputError(f"give a list of photos or paths, not a single {type(given).__name__}")
    return [one if isinstance(one, np.ndarray) else load_image(Path(one)) for one in given]
