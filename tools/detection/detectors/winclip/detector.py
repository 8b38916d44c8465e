"""Zero- and few-shot detection with CLIP (WinCLIP, Jeong et al., CVPR 2023), windows cut from the photo.

Zero-shot: how much more a window agrees with texts about bad parts than with texts about good ones. Few-shot: how far
a patch lies from the patches of the good photos. Windows are cropped and embedded one by one; the paper masks tokens
inside one pass, which needs a changed network.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from tools.detection.detectors.checks import check_images, check_state, not_fitted
from tools.detection.detectors.maps import full_size, top_mean
from tools.detection.detectors.patchcore.memory import Memory
from tools.detection.detectors.source import Source
from tools.detection.detectors.supersimple.examples import expected_defects
from tools.detection.detectors.winclip.prompts import texts
from tools.detection.errors import DetectionInputError
from tools.detection.protocol import Prediction
from tools.vision.backbone import Backbone
from tools.vision.types import RgbImage

WINDOWS = (0.5, 0.33)
"""Sides of the windows, as shares of the photo's short side; they overlap by half."""
GRID = 24
"""Cells of the zero-shot map a side."""


class WinClip:
    """Score scale: probability of "bad" by the texts, plus the distance to good patches, both near 0 for good parts."""

    name = "winclip"

    def __init__(
        self,
        *,
        backbone: str | Backbone,
        size: tuple[int, int] | None = None,
        side_px: int = 224,
        stages: Sequence[str] | None = None,
        defects: Sequence[str | Mapping[str, Any]] = (),
        thing: str | None = None,
        coreset: int = 2000,
        memory_weight: float = 1.0,
    ) -> None:
        """Settle the texts.

        Args:
            backbone: `clip:FOLDER`.
            size: input (height, width) of the patches; chosen from the good images' shape if not given.
            side_px: side of the square with the input's area, where `size` is not given.
            stages: blocks whose tokens are patches.
            defects: sentences or Blueprints that name defects for the texts.
            thing: what the photos show, "brass fitting".
            coreset: good patches kept.
            memory_weight: of the distance to good patches beside the texts.

        Raises:
            DetectionInputError: the backbone has no text side.
        """
        self._source = Source(backbone, stages=stages, size=size, side_px=side_px)
        self._backbone = self._source.backbone
        if not hasattr(self._backbone, "embed_texts"):
            raise DetectionInputError(
                f"winclip needs a CLIP model, not {self._backbone.name}; give --backbone clip:FOLDER with its files"
            )
        self._coreset, self._weight = int(coreset), float(memory_weight)
        self._defects = [one if isinstance(one, str) else dict(one) for one in defects]
        self._thing = thing
        self._texts = texts(expected_defects(self._defects), thing)
        self._directions: NDArray[np.float32] | None = None
        self._memory: Memory | None = None

    def fit(self, images: Sequence[RgbImage], *, seed: int) -> None:
        """See `Detector.fit`; one good image is enough."""
        check_images(images, at_least=1, who=self.name)
        self._source.settle(images)
        self._directions = np.stack([_middle(self._backbone, some) for some in self._texts])
        cells = self._source.cells(images)
        self._memory = Memory.learn(cells, share=4096, count=self._coreset, even=0.0, seed=seed)

    def predict(self, images: Sequence[RgbImage]) -> list[Prediction]:
        """See `Detector.predict`."""
        if self._memory is None or self._directions is None:
            raise not_fitted(self.name)
        check_images(images)
        return [self._predict(image) for image in images]

    def _predict(self, image: RgbImage) -> Prediction:
        assert self._memory is not None
        told, whole = self._by_texts(image)
        cells = next(self._source.cells([image]))
        distances = self._memory.bank.nearest(self._memory.ready(cells))[0]
        far: NDArray[np.float32] = distances[:, 0].reshape(cells.shape[:2])
        near = cv2.resize(told, (far.shape[1], far.shape[0]), interpolation=cv2.INTER_LINEAR)
        values = np.asarray(near + self._weight * far / 10.0, dtype=np.float32)
        return Prediction(0.5 * whole + top_mean(values, 0.02), full_size(values, image.shape[:2], 0.5))

    def _by_texts(self, image: RgbImage) -> tuple[NDArray[np.float32], float]:
        """Probability of "bad" as a coarse map (harmonic mean over the windows that cover a cell), and of the whole."""
        height, width = image.shape[:2]
        boxes = [(0, 0, width, height)]
        for share in WINDOWS:
            side = max(16, round(share * min(height, width)))
            boxes += [
                (x, y, min(x + side, width), min(y + side, height))
                for y in _starts(height, side)
                for x in _starts(width, side)
            ]
        bad = self._share_bad([np.ascontiguousarray(image[y1:y2, x1:x2]) for x1, y1, x2, y2 in boxes])
        inverse, weight = np.zeros((GRID, GRID)), np.zeros((GRID, GRID))
        for (x1, y1, x2, y2), value in zip(boxes, bad, strict=True):
            rows = slice(GRID * y1 // height, -(-GRID * y2 // height))
            columns = slice(GRID * x1 // width, -(-GRID * x2 // width))
            inverse[rows, columns] += 1 / max(float(value), 1e-6)
            weight[rows, columns] += 1
        return (weight / inverse).astype(np.float32), float(bad[0])

    def _share_bad(self, crops: Sequence[RgbImage]) -> NDArray[np.float64]:
        cosines = self._backbone.embed(crops) @ self._directions.T  # type: ignore[union-attr]
        temperature = float(getattr(self._backbone, "temperature", 100.0))
        edge = np.clip(temperature * (cosines[:, 0] - cosines[:, 1]).astype(np.float64), -60, 60)
        return np.asarray(1 / (1 + np.exp(edge)))

    def config(self) -> Mapping[str, Any]:
        """See `Detector.config`."""
        return {
            **self._source.config(),
            "defects": self._defects,
            "thing": self._thing,
            "coreset": self._coreset,
            "memory_weight": self._weight,
        }

    def state(self) -> Mapping[str, NDArray[np.generic]]:
        """`directions`: good and bad text embeddings, 2 x D; `bank` and `scale` of the patches."""
        if self._memory is None or self._directions is None:
            raise not_fitted(self.name)
        return {"directions": self._directions, "bank": self._memory.bank.points, "scale": self._memory.scale}

    def load_state(self, state: Mapping[str, NDArray[np.generic]]) -> None:
        """See `Detector.load_state`."""
        check_state(state, ["directions", "bank", "scale"], self.name)
        self._directions = np.asarray(state["directions"], dtype=np.float32)
        self._memory = Memory.from_arrays(state["bank"], state["scale"], 0.0, self.name)


def _middle(backbone: Any, sentences: Sequence[str]) -> NDArray[np.float32]:
    """Unit-length mean of the texts' embeddings."""
    mean = backbone.embed_texts(sentences).mean(axis=0)
    return np.asarray(mean / max(float(np.linalg.norm(mean)), 1e-12), dtype=np.float32)


def _starts(length: int, side: int) -> list[int]:
    """Starts of windows that overlap by half and cover the length."""
    last = max(0, length - side)
    count = max(1, -(-2 * last // side) + 1)
    return sorted({round(start) for start in np.linspace(0, last, count)})
