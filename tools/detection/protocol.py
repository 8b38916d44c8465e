"""The seam every detector stands behind."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, TypeAlias, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from tools.detection.naming import Naming
from tools.vision.types import RgbImage, ScoreMap


@dataclass(frozen=True)
class Prediction:
    """`score`: float, higher is worse. `map`: `float32` at the image's own height x width, same scale as `score`.

    `naming` is there where the detector knows defects by name.
    """

    score: float
    map: ScoreMap
    naming: Naming | None = None


class Detector(Protocol):
    """Fit on good images; predict a score and a map."""

    name: str

    def fit(self, images: Sequence[RgbImage], *, seed: int) -> None:
        """Learn what good looks like from `uint8` H x W x 3 RGB images (sizes may differ).

        Raises:
            DetectionInputError: too few images, or images that cannot be used.
        """
        ...

    def predict(self, images: Sequence[RgbImage]) -> list[Prediction]:
        """Score images of any size.

        Raises:
            DetectionInputError: the detector was never fitted.
        """
        ...

    def config(self) -> Mapping[str, Any]:
        """Everything needed to build the same detector again, as JSON values."""
        ...

    def state(self) -> Mapping[str, NDArray[np.generic]]:
        """What fitting learned, as arrays by name: saved as safetensors, never pickled."""
        ...

    def load_state(self, state: Mapping[str, NDArray[np.generic]]) -> None:
        """Take back what `state` gave."""
        ...


Keep: TypeAlias = Callable[[int, Prediction], None]
"""Takes the index of a good image and its prediction by parts of the detector that have not seen it."""


@runtime_checkable
class HoldsOut(Protocol):
    """A detector that leaves parts of the good images out while it fits: it needs no further folds to be calibrated."""

    @property
    def folds(self) -> int:
        """Into how many parts it wants the images dealt."""
        ...

    def fit_holding_out(
        self,
        images: Sequence[RgbImage],
        parts: Sequence[NDArray[np.intp]],
        *,
        seed: int,
        keep: Keep | None = None,
        progress: Callable[[float], None] | None = None,
    ) -> None:
        """Fit like `Detector.fit`.

        Args:
            images: good images.
            parts: indices of each part, together all images once.
            seed: of everything random.
            keep: called once an image, with a prediction on the scale of `predict`.
            progress: gets the share that is done.
        """
        ...
