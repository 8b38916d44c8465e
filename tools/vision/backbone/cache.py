"""Features kept on disk by what made them: the photo's pixels, the network, the input size and the stage."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from tools.vision.backbone.protocol import Backbone, FeatureMap
from tools.vision.images import content_hash, write_atomic
from tools.vision.types import RgbImage


class CachedBackbone:
    """A `Backbone` that computes nothing twice; for evaluations that fit many detectors on the same photos.

    One `.npy` file an image, size and stage, `float32`, so that cached features are the computed ones bit for bit.
    """

    def __init__(self, backbone: Backbone, folder: Path) -> None:
        """Keep the features of `backbone` below `folder`."""
        self._inner = backbone
        self._folder = folder
        self.name = backbone.name
        self.fingerprint = backbone.fingerprint
        self.stages = backbone.stages
        self.multiple_px = backbone.multiple_px

    def features(
        self, images: Sequence[RgbImage], size: tuple[int, int], stages: Sequence[str] | None = None
    ) -> list[FeatureMap]:
        """See `Backbone.features`."""
        names = [stage.name for stage in self.stages] if stages is None else list(stages)
        paths = [[self._path(image, f"{size[0]}x{size[1]} {name}") for name in names] for image in images]
        absent = [index for index, row in enumerate(paths) if not all(path.exists() for path in row)]
        if absent or not len(images):
            found = self._inner.features([images[index] for index in absent], size, stages)
            if not len(images):
                return found
            for position, index in enumerate(absent):
                for path, maps in zip(paths[index], found, strict=True):
                    _save(path, maps[position])
        return [np.stack([np.load(row[position]) for row in paths]) for position in range(len(names))]

    def embed(self, images: Sequence[RgbImage]) -> NDArray[np.float32]:
        """See `Backbone.embed`."""
        paths = [self._path(image, "embed") for image in images]
        absent = [index for index, path in enumerate(paths) if not path.exists()]
        if absent or not paths:
            rows = self._inner.embed([images[index] for index in absent])
            if not paths:
                return rows
            for index, row in zip(absent, rows, strict=True):
                _save(paths[index], row)
        return np.stack([np.load(path) for path in paths])

    def _path(self, image: RgbImage, what: str) -> Path:
        key = hashlib.sha256(f"{content_hash(image)} {self.fingerprint} {what}".encode()).hexdigest()
        return self._folder / key[:2] / f"{key}.npy"


def _save(path: Path, values: NDArray[np.float32]) -> None:
    buffer = io.BytesIO()
    np.save(buffer, values, allow_pickle=False)
    write_atomic(path, buffer.getvalue())
