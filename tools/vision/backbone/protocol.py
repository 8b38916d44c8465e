"""The seam every backbone stands behind."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol, TypeAlias

import numpy as np
from numpy.typing import NDArray

from tools.vision.types import RgbImage

FeatureMap: TypeAlias = NDArray[np.float32]
"""`float32`, images x channels x height x width."""


@dataclass(frozen=True)
class Stage:
    """One place in a network where features are read: `stride` input pixels a cell, `channels` values a cell."""

    name: str
    stride: int
    channels: int


class Backbone(Protocol):
    """A frozen network; the same pixels give the same features (up to the last float32 bits) on one machine."""

    name: str
    """The spec that `get_backbone` takes."""
    fingerprint: str
    """Hex digest of the weights and of what prepares the input: features of equal fingerprints can be mixed."""
    stages: tuple[Stage, ...]
    """Where features can be read, shallow to deep."""
    multiple_px: int
    """Input height and width must be multiples of this."""

    def features(
        self, images: Sequence[RgbImage], size: tuple[int, int], stages: Sequence[str] | None = None
    ) -> list[FeatureMap]:
        """Feature maps of images, each resized to `size`.

        Args:
            images: `uint8` H x W x 3 RGB, sizes may differ.
            size: input (height, width) in pixels, multiples of `multiple_px`.
            stages: names out of `stages`, in the wanted order; all of them if not given.

        Returns:
            One array a stage: `float32`, N x C x height/stride x width/stride.

        Raises:
            BackboneError: a size or stage that this network does not have.
        """
        ...

    def embed(self, images: Sequence[RgbImage]) -> NDArray[np.float32]:
        """One vector an image for retrieval and distances: `float32`, N x D, Euclidean length 1."""
        ...
