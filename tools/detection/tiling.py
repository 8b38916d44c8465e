"""Small defects on large parts: the detector sees tiles at full resolution, the line sees one map.

Tiles overlap where the stride is smaller than the tile; what overlaps is blended (`max`, `mean`, or weighted by a Hann
or Gaussian window, whose weight never falls below a thousandth). The last tile of a row or column ends at the photo's
edge; a photo smaller than a tile is mirrored out to one. The buffers of map and weight are kept between photos of one
size.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from tools.detection.config import Tiling
from tools.detection.protocol import Detector, HoldsOut, Keep, Prediction
from tools.vision.types import RgbImage, ScoreMap

BATCH = 8
LEAST_WEIGHT = 1e-3
Corner = tuple[int, int]


@lru_cache(maxsize=64)
def corners(height: int, width: int, tile: int, stride: int) -> tuple[Corner, ...]:
    """Top-left corners (y, x) of the tiles that cover a picture, row by row."""

    def starts(length: int) -> list[int]:
        last = max(0, length - tile)
        return sorted({*range(0, last, stride), last})

    return tuple((y, x) for y in starts(height) for x in starts(width))


@lru_cache(maxsize=8)
def window(tile: int, kind: str) -> NDArray[np.float32]:
    """Weights of a tile's pixels, tile x tile, 0.001 to 1: `mean`, `hann`, `gaussian` (sigma a quarter of the tile)."""
    at = (np.arange(tile) + 0.5) / tile * 2 - 1
    if kind == "hann":
        line = 0.5 + 0.5 * np.cos(np.pi * at)
    elif kind == "gaussian":
        line = np.exp(-0.5 * (at / 0.5) ** 2)
    else:
        line = np.ones(tile)
    return np.maximum(np.outer(line, line), LEAST_WEIGHT).astype(np.float32)


def cut(image: RgbImage, settings: Tiling) -> list[RgbImage]:
    """The tiles of a photo, in the order of `corners`."""
    tile, stride = _sides(settings)
    image = _at_least(image, tile)
    found = corners(image.shape[0], image.shape[1], tile, stride)
    return [np.ascontiguousarray(image[y : y + tile, x : x + tile]) for y, x in found]


def _sides(settings: Tiling) -> tuple[int, int]:
    assert settings.tile_size is not None
    return settings.tile_size, settings.stride or settings.tile_size


def _at_least(image: RgbImage, tile: int) -> RgbImage:
    below, right = (max(0, tile - side) for side in image.shape[:2])
    if not below and not right:
        return image
    return np.asarray(cv2.copyMakeBorder(image, 0, below, 0, right, cv2.BORDER_REFLECT), dtype=np.uint8)


class Stitcher:
    """Maps of tiles to the map of a photo; its buffers are used again for the next photo of the same size."""

    def __init__(self, settings: Tiling) -> None:
        """Blend as the settings say."""
        self._settings = settings
        self._sum = np.empty((0, 0), dtype=np.float32)
        self._weight = np.empty((0, 0), dtype=np.float32)

    def join(self, predictions: Sequence[Prediction], shape: tuple[int, int]) -> Prediction:
        """One prediction for a photo of this (height, width) from those of its tiles."""
        tile, stride = _sides(self._settings)
        height, width = max(shape[0], tile), max(shape[1], tile)
        self._clear(height, width)
        how = self._settings.map_reduce
        weights = None if how == "max" else window(tile, how)
        for (y, x), found in zip(corners(height, width, tile, stride), predictions, strict=True):
            place = (slice(y, y + tile), slice(x, x + tile))
            if weights is None:
                np.maximum(self._sum[place], found.map, out=self._sum[place])
            else:
                self._sum[place] += found.map * weights
                self._weight[place] += weights
        if weights is not None:
            np.divide(self._sum, self._weight, out=self._sum)
        joined: ScoreMap = self._sum[: shape[0], : shape[1]].copy()
        return Prediction(self._score([found.score for found in predictions]), joined)

    def _clear(self, height: int, width: int) -> None:
        if self._sum.shape != (height, width):
            self._sum = np.empty((height, width), dtype=np.float32)
            self._weight = np.empty((height, width), dtype=np.float32)
        self._sum.fill(-np.inf if self._settings.map_reduce == "max" else 0.0)
        self._weight.fill(0.0)

    def _score(self, scores: Sequence[float]) -> float:
        ordered = np.sort(np.asarray(scores, dtype=np.float64))[::-1]
        if not np.isfinite(ordered).all():
            return float("nan")
        if self._settings.score_reduce == "max":
            return float(ordered[0])
        if self._settings.score_reduce == "mean":
            return float(ordered.mean())
        return float(ordered[: max(1, round(self._settings.score_topk * len(ordered)))].mean())


class Tiled:
    """A detector on the tiles of photos; otherwise the detector that it wraps. See `Detector`."""

    def __init__(self, inner: Detector, settings: Tiling) -> None:
        """Wrap a detector."""
        self.inner, self._settings, self.name = inner, settings, inner.name
        self._stitcher = Stitcher(settings)

    def fit(self, images: Sequence[RgbImage], *, seed: int) -> None:
        """Fit on all tiles of all images."""
        self.inner.fit(_Tiles(images, self._settings), seed=seed)

    def predict(self, images: Sequence[RgbImage]) -> list[Prediction]:
        """Score images of any size."""
        found = []
        for image in images:
            tiles = cut(image, self._settings)
            parts = [one for at in range(0, len(tiles), BATCH) for one in self.inner.predict(tiles[at : at + BATCH])]
            found.append(self._stitcher.join(parts, (image.shape[0], image.shape[1])))
        return found

    def config(self) -> Mapping[str, Any]:
        """Of the wrapped detector; the tiles are in the line's settings."""
        return self.inner.config()

    def state(self) -> Mapping[str, NDArray[np.generic]]:
        """Of the wrapped detector."""
        return self.inner.state()

    def load_state(self, state: Mapping[str, NDArray[np.generic]]) -> None:
        """Into the wrapped detector."""
        self.inner.load_state(state)


class TiledHoldsOut(Tiled):
    """The same around a detector that holds parts out: all tiles of a photo stay in one part. See `HoldsOut`."""

    @property
    def folds(self) -> int:
        """Of the wrapped detector."""
        assert isinstance(self.inner, HoldsOut)
        return self.inner.folds

    def fit_holding_out(
        self,
        images: Sequence[RgbImage],
        parts: Sequence[NDArray[np.intp]],
        *,
        seed: int,
        keep: Keep | None = None,
        progress: Callable[[float], None] | None = None,
    ) -> None:
        """See `HoldsOut.fit_holding_out`."""
        assert isinstance(self.inner, HoldsOut)
        tiles = _Tiles(images, self._settings)
        owners = np.array([index for index, _ in tiles.places])
        waiting: dict[int, dict[int, Prediction]] = {}

        def gather(tile: int, prediction: Prediction) -> None:
            index, number = tiles.places[tile]
            waiting.setdefault(index, {})[number] = prediction
            if keep is not None and len(waiting[index]) == np.count_nonzero(owners == index):
                mine = waiting.pop(index)
                shape = (images[index].shape[0], images[index].shape[1])
                keep(index, self._stitcher.join([mine[at] for at in sorted(mine)], shape))

        self.inner.fit_holding_out(
            tiles,
            [np.flatnonzero(np.isin(owners, part)) for part in parts],
            seed=seed,
            keep=None if keep is None else gather,
            progress=progress,
        )


def tiled(detector: Detector, settings: Tiling) -> Detector:
    """The detector, on tiles where the settings name a tile size."""
    if settings.tile_size is None:
        return detector
    return TiledHoldsOut(detector, settings) if isinstance(detector, HoldsOut) else Tiled(detector, settings)


class _Tiles(Sequence[RgbImage]):
    """All tiles of all images, cut when asked for; the latest image's are kept."""

    def __init__(self, images: Sequence[RgbImage], settings: Tiling) -> None:
        self._images, self._settings = images, settings
        tile, stride = _sides(settings)
        self.places = [
            (index, number)
            for index in range(len(images))
            for number in range(len(corners(*(max(tile, s) for s in images[index].shape[:2]), tile, stride)))
        ]
        self._latest: tuple[int, list[RgbImage]] = (-1, [])

    def __len__(self) -> int:
        return len(self.places)

    def __getitem__(self, index: Any) -> Any:
        """One tile, or a list of them for a slice."""
        if isinstance(index, slice):
            return [self[one] for one in range(*index.indices(len(self)))]
        photo, number = self.places[index]
        if self._latest[0] != photo:
            self._latest = (photo, cut(self._images[photo], self._settings))
        return self._latest[1][number]
