"""A detector that knows where its product looks restless: scores are taken against good photos, place by place.

Good photos that the detector had not seen give, for each cell of a coarse grid, the usual score and its spread. A
photo's score is the largest deviation from these (robust to a rim or a texture that always scores high), its threshold
a quantile of the same figure of good photos, each left out in turn. No test image and no label has a part in any of it.
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from tools.detection.bundle import Bundle
from tools.detection.protocol import Detector
from tools.vision.images import write_atomic
from tools.vision.types import RgbImage, ScoreMap

GRID = 32
SMOOTH_CELLS = 1.0
NEIGHBOUR_CELLS = 1.6
"""Usual score and spread are shared with cells about this near, for few photos say little about each."""
SPREAD_FLOOR = 0.5
"""Of the mean spread, added everywhere: no cell is so quiet that nothing may happen there."""
GOOD_QUANTILE = 0.85
"""One good part in seven may be called defective: the operating point for balanced accuracy, fixed before any test."""
MIN_PLACES = 6
"""Fewer good photos say nothing about places; then scores are the detector's own."""
FOLDS = 4
BATCH = 8
Grid = NDArray[np.float32]


@dataclass(frozen=True)
class Places:
    """The usual score of each cell and its spread, GRID x GRID."""

    usual: Grid
    spread: Grid

    @classmethod
    def of(cls, grids: Sequence[Grid]) -> Places:
        """From the grids of good photos."""
        stack = np.stack(list(grids))
        spread = _blurred(stack.std(axis=0), NEIGHBOUR_CELLS)
        return cls(
            _blurred(stack.mean(axis=0), NEIGHBOUR_CELLS), spread + SPREAD_FLOOR * max(float(spread.mean()), 1e-6)
        )

    def deviation(self, grid: Grid) -> Grid:
        """How unusual each cell is, in spreads."""
        return np.asarray((grid - self.usual) / self.spread, dtype=np.float32)


@dataclass(frozen=True)
class Sight:
    """What was seen on one photo: score, threshold, and where, `float32` at the photo's size."""

    score: float
    threshold: float
    heat: ScoreMap
    baseline: float


class Eye:
    """A fitted detector with places and a threshold."""

    def __init__(self, detector: Detector | Bundle, places: Places | None, threshold: float) -> None:
        self._detector = detector
        self.places = places
        self.threshold = threshold

    def see(self, image: RgbImage) -> Sight:
        """Look at one photo, `uint8` H x W x 3."""
        prediction = self._detector.predict([image])[0]
        if self.places is None:
            heat = prediction.map
            return Sight(float(prediction.score), self.threshold, heat, float(np.median(heat)))
        deviation = self.places.deviation(grid_of(prediction.map))
        size = (image.shape[1], image.shape[0])
        usual = cv2.resize(self.places.usual, size, interpolation=cv2.INTER_LINEAR)
        spread = cv2.resize(self.places.spread, size, interpolation=cv2.INTER_LINEAR)
        fine = (cv2.GaussianBlur(prediction.map, (0, 0), max(size) / 150) - usual) / spread
        return Sight(float(deviation.max()), self.threshold, np.asarray(fine, dtype=np.float32), 0.0)

    @classmethod
    def fit(cls, photos: Sequence[Path], detector: str, *, seed: int) -> Eye:
        """Fit on photos of good parts.

        Raises:
            DetectionError: the detector cannot be fitted on them.
        """
        from tools.detection.config import InspectConfig
        from tools.detection.held_out import Reporter, fit_and_hold_out
        from tools.detection.photos import PhotoSet
        from tools.detection.registry import build_detector
        from tools.vision.backbone.cache import CachedBackbone
        from tools.vision.backbone.registry import get_backbone

        settings = InspectConfig()
        with tempfile.TemporaryDirectory(prefix="redrabbit-features-") as folder:
            backbone = CachedBackbone(get_backbone("efficientnet-lite0"), Path(folder))
            fitted, held_out, _ = fit_and_hold_out(
                lambda: build_detector(detector, backbone=backbone),
                PhotoSet(photos),
                settings,
                "kfold",
                FOLDS,
                seed,
                Reporter(None, None),
            )
        grids = [grid_of(held_out.map(index)) for index in range(len(held_out))]
        return cls(fitted, *_operating(grids, held_out.scores))

    @classmethod
    def of_bundle(cls, bundle: Bundle, unseen: Sequence[RgbImage]) -> Eye:
        """A bundle as it is, with good photos of its product that it was not fitted on (may be none)."""
        predictions = [found for image in unseen for found in bundle.predict([image])]
        places, threshold = _operating([grid_of(p.map) for p in predictions], [p.score for p in predictions])
        if places is not None:
            return cls(bundle, places, threshold)
        known = list(bundle.calibration.good_scores)
        return cls(bundle, None, _quantile(known) if known else float(bundle.calibration.score_threshold))

    def save(self, folder: Path, facts: dict[str, Any]) -> None:
        """Write `eye.json`, `state.safetensors`; nothing is pickled."""
        from safetensors.numpy import save

        detector = self._detector
        assert not isinstance(detector, Bundle), "a bundle lies where it lies"
        arrays = {f"detector.{name}": np.ascontiguousarray(value) for name, value in detector.state().items()}
        if self.places is not None:
            arrays |= {"places.usual": self.places.usual, "places.spread": self.places.spread}
        write_atomic(folder / "state.safetensors", save(arrays))
        config = {name: value for name, value in detector.config().items() if name not in ("name", "backbone")}
        document = {**facts, "detector": detector.name, "config": config, "threshold": self.threshold}
        write_atomic(folder / "eye.json", json.dumps(document, indent=1, default=str).encode())

    @classmethod
    def load(cls, folder: Path) -> Eye:
        """Read what `save` wrote."""
        from safetensors.numpy import load

        from tools.detection.registry import build_detector

        document = json.loads((folder / "eye.json").read_text(encoding="utf-8"))
        arrays = load((folder / "state.safetensors").read_bytes())
        detector = build_detector(document["detector"], **document["config"])
        detector.load_state({name[9:]: value for name, value in arrays.items() if name.startswith("detector.")})
        usual, spread = arrays.get("places.usual"), arrays.get("places.spread")
        places = None if usual is None or spread is None else Places(usual, spread)
        return cls(detector, places, float(document["threshold"]))


def grid_of(score_map: ScoreMap) -> Grid:
    """A map on the coarse grid, smoothed."""
    coarse = cv2.resize(score_map.astype(np.float32), (GRID, GRID), interpolation=cv2.INTER_AREA)
    return _blurred(coarse, SMOOTH_CELLS)


def _operating(grids: Sequence[Grid], scores: Sequence[float]) -> tuple[Places | None, float]:
    """Places and the threshold on good photos; without enough of them, the threshold on plain scores."""
    if len(grids) < MIN_PLACES:
        return None, _quantile(scores) if len(scores) else 0.0
    deviations = [
        float(Places.of([*grids[:index], *grids[index + 1 :]]).deviation(grid).max())
        for index, grid in enumerate(grids)
    ]
    return Places.of(grids), _quantile(deviations)


def _quantile(scores: Sequence[float]) -> float:
    return float(np.quantile(np.asarray(scores, dtype=np.float64), GOOD_QUANTILE, method="higher"))


def _blurred(values: NDArray[Any], cells: float) -> Grid:
    return np.asarray(cv2.GaussianBlur(values.astype(np.float32), (0, 0), cells), dtype=np.float32)
