"""A segmenter as a detector: alone, or fused with one that knows only good parts. Both name what they find.

Registered by name in `tools.detection.registry`, which imports this module only when it is asked for.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from pydantic import ValidationError

from tools.detection.detectors.checks import check_images, check_state, not_fitted
from tools.detection.detectors.maps import top_mean
from tools.detection.errors import DetectionInputError
from tools.detection.naming import Naming
from tools.detection.protocol import Detector, Prediction
from tools.detection.registry import build_detector
from tools.segmentation.errors import SegmentationInputError
from tools.segmentation.model import ModelCard, build_network, load_model
from tools.segmentation.segmenter import Segmenter, TorchEngine
from tools.vision.types import RgbImage, ScoreMap

EDGE = 1e-6
"""Probabilities are kept this far from 0 and 1, so that log-odds stay within ±13.8."""
TOP_SHARE = 0.001
INNER, OWN, SCALE = "inner.", "segmenter.", "fusion.scale"


class SegmenterDetector:
    """`unet_tiny`: log-odds of a defect at each pixel, by a model that was trained on defects.

    Score scale: log-odds; the mean of the highest `TOP_SHARE` of pixels is the photo's score.
    """

    name = "unet_tiny"

    def __init__(
        self, *, backbone: object = None, model: str | None = None, card: Mapping[str, Any] | None = None
    ) -> None:
        """Choose the model.

        Args:
            backbone: not used by the segmenter.
            model: folder of a trained model (or of a run), needed to fit.
            card: of the model, where a bundle holds its weights already.

        Raises:
            DetectionInputError: the card cannot be used.
        """
        del backbone
        self._model = model
        self._segmenter: Segmenter | None = None
        try:
            self._card = None if card is None else ModelCard.model_validate(dict(card))
        except ValidationError as error:
            reason = str(error).splitlines()[0]
            raise DetectionInputError(f"unet_tiny: the bundle's model card cannot be used ({reason})") from None

    def fit(self, images: Sequence[RgbImage], *, seed: int) -> None:
        """Take the model as it is: it was trained before, and good photos only set the thresholds.

        Raises:
            DetectionInputError: no model was named, or it cannot be used.
        """
        del seed
        check_images(images, at_least=1, who=self.name)
        if self._model is None:
            raise DetectionInputError(
                f"{self.name} needs a trained model: --option model=FOLDER (redrabbit segment train makes one)"
            )
        folder = Path(self._model)
        inside = folder / "model"
        try:
            network, self._card = load_model(inside if (inside / "model.json").is_file() else folder)
        except SegmentationInputError as error:
            raise DetectionInputError(str(error)) from None
        self._segmenter = Segmenter(self._card, TorchEngine(network, self._card))

    def predict(self, images: Sequence[RgbImage]) -> list[Prediction]:
        """See `Detector.predict`; each prediction names classes."""
        if self._segmenter is None:
            raise not_fitted(self.name)
        check_images(images)
        found = []
        for image in images:
            probabilities, shares = self._segmenter.probabilities([image])
            odds = log_odds(probabilities[0])
            naming = None if shares[0] is None else Naming(self._segmenter.card.classes, shares[0])
            found.append(Prediction(top_mean(odds, TOP_SHARE), odds, naming))
        return found

    def config(self) -> Mapping[str, Any]:
        """See `Detector.config`."""
        return {"card": None if self._card is None else self._card.model_dump(mode="json")}

    def state(self) -> Mapping[str, NDArray[np.generic]]:
        """The network's weights."""
        if self._segmenter is None or not isinstance(self._segmenter.engine, TorchEngine):
            raise not_fitted(self.name)
        weights = self._segmenter.engine.network.state_dict()
        return {name: value.numpy() for name, value in weights.items()}

    def load_state(self, state: Mapping[str, NDArray[np.generic]]) -> None:
        """See `Detector.load_state`.

        Raises:
            DetectionInputError: weights of another network.
        """
        if self._card is None:
            raise DetectionInputError(f"{self.name}: the bundle has no model card; fit it again")
        network = build_network(self._card)
        wanted = network.state_dict()
        check_state(state, list(wanted), self.name)
        try:
            weights = {
                name: torch.from_numpy(np.array(state[name])).reshape(value.shape) for name, value in wanted.items()
            }
            network.load_state_dict(weights)
        except RuntimeError as error:
            reason = str(error).splitlines()[0]
            raise DetectionInputError(f"{self.name}: the bundle's weights do not fit ({reason})") from None
        network.eval()
        self._segmenter = Segmenter(self._card, TorchEngine(network, self._card))


class FusedDetector:
    """`fused`: a segmenter and a detector of good parts, added up as evidence (Fisher's method, 1932).

    Each map is put on one scale by good photos that its detector has not seen: with location m and scale s of their
    highest values, a value v has -log P(a good photo reaches v) = softplus((v - m) / s) under a logistic law. The fused
    map is the sum of both, so a defect that either is sure of is found, and one that both suspect as well.
    """

    name = "fused"

    def __init__(
        self,
        *,
        backbone: Any = None,
        model: str | None = None,
        card: Mapping[str, Any] | None = None,
        inner: str = "patchcore",
        inner_options: Mapping[str, Any] | None = None,
    ) -> None:
        """Choose both.

        Args:
            backbone: of the inner detector.
            model, card: see `SegmenterDetector`.
            inner: name of the detector of good parts.
            inner_options: its own settings.
        """
        if inner in (self.name, SegmenterDetector.name):
            raise DetectionInputError("fused: the inner detector must be one that learns good parts, such as patchcore")
        self._backbone, self._inner_name, self._inner_options = backbone, inner, dict(inner_options or {})
        self._own = SegmenterDetector(model=model, card=card)
        self._inner = self._build()
        self._scale: NDArray[np.float64] | None = None

    def _build(self) -> Detector:
        return build_detector(self._inner_name, backbone=self._backbone, **self._inner_options)

    def fit(self, images: Sequence[RgbImage], *, seed: int) -> None:
        """Fit the inner detector on a part and learn both scales on the rest, then fit it on all.

        Raises:
            DetectionInputError: fewer than 6 photos, or see `SegmenterDetector.fit`.
        """
        check_images(images, at_least=6, who=self.name)
        self._own.fit(images, seed=seed)
        order = np.random.default_rng((seed, 3)).permutation(len(images))
        apart = sorted(order[: max(3, len(images) // 3)].tolist())
        trial = self._build()
        trial.fit([images[index] for index in range(len(images)) if index not in set(apart)], seed=seed)
        unseen = [images[index] for index in apart]
        self._scale = np.array([_scales_of(each.predict(unseen)) for each in (self._own, trial)])
        self._inner = self._build()
        self._inner.fit(images, seed=seed)

    def predict(self, images: Sequence[RgbImage]) -> list[Prediction]:
        """See `Detector.predict`."""
        if self._scale is None:
            raise not_fitted(self.name)
        found = []
        for own, inner in zip(self._own.predict(images), self._inner.predict(images), strict=True):
            fused = self._evidence(0, 0, own.map) + self._evidence(1, 0, inner.map)
            score = self._evidence(0, 1, np.array(own.score)) + self._evidence(1, 1, np.array(inner.score))
            found.append(Prediction(float(score), fused.astype(np.float32), own.naming))
        return found

    def _evidence(self, index: int, kind: int, values: NDArray[np.generic]) -> NDArray[np.float64]:
        """-log of the share of good photos that reach a value of a detector's map (kind 0) or score (kind 1)."""
        assert self._scale is not None
        middle, width = self._scale[index, kind]
        return np.asarray(np.logaddexp(0.0, (np.asarray(values, np.float64) - middle) / width))

    def config(self) -> Mapping[str, Any]:
        """See `Detector.config`."""
        inner = {name: value for name, value in self._inner.config().items() if name not in ("name", "backbone")}
        return {**self._own.config(), "inner": self._inner_name, "inner_options": inner}

    def state(self) -> Mapping[str, NDArray[np.generic]]:
        """Both states, and the scales: detector x map or score x location and width."""
        if self._scale is None:
            raise not_fitted(self.name)
        own = {f"{OWN}{name}": value for name, value in self._own.state().items()}
        inner = {f"{INNER}{name}": value for name, value in self._inner.state().items()}
        return {**own, **inner, SCALE: self._scale}

    def load_state(self, state: Mapping[str, NDArray[np.generic]]) -> None:
        """See `Detector.load_state`."""
        check_state(state, [SCALE], self.name)
        self._own.load_state({name[len(OWN) :]: value for name, value in state.items() if name.startswith(OWN)})
        self._inner.load_state({name[len(INNER) :]: value for name, value in state.items() if name.startswith(INNER)})
        self._scale = np.asarray(state[SCALE], np.float64).reshape(2, 2, 2)


def log_odds(probability: NDArray[np.float32]) -> ScoreMap:
    """log(p / (1 - p)), kept finite."""
    kept = np.clip(probability.astype(np.float64), EDGE, 1 - EDGE)
    return np.log(kept / (1 - kept)).astype(np.float32)


def _scales_of(predictions: Sequence[Prediction]) -> tuple[tuple[float, float], tuple[float, float]]:
    """Scale of the highest map values, and of the scores."""
    return _scale_of([float(each.map.max()) for each in predictions]), _scale_of([each.score for each in predictions])


def _scale_of(values: Sequence[float]) -> tuple[float, float]:
    """Location and width of a logistic law fitted to values of good photos: the median, and the interquartile range
    over 2 log 3 (what it is for that law)."""
    low, middle, high = np.quantile(values, [0.25, 0.5, 0.75])
    floor = 1e-3 * max(1.0, abs(float(middle)))
    return float(middle), max(float(high - low) / (2 * np.log(3)), floor)
