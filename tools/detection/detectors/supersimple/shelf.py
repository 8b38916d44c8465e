"""Training examples with their frozen features, made once and kept on disk: the heads of one fit share them."""

from __future__ import annotations

import copy
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

import cv2
import numpy as np
import torch
from numpy.typing import NDArray

from tools.detection.detectors.source import BATCH, Source
from tools.detection.detectors.supersimple.examples import Plan, make_example
from tools.vision.types import RgbImage


class Shelf:
    """Examples with their features in a temporary folder; each remembers the photo that it was made from."""

    def __init__(self, source: Source, plan: Plan, *, seed: int) -> None:
        """An empty shelf."""
        self._own = tempfile.TemporaryDirectory(prefix="redrabbit-examples-")
        self._source, self._plan, self._seed = source, plan, seed
        self._shapes: list[tuple[int, int, int]] = []
        self._items: list[tuple[int, Path]] = []

    def fill(self, photos: Sequence[RgbImage], count: int, *, progress: Callable[[float], None] | None = None) -> None:
        """Make `count` examples, as evenly as possible from all photos; each depends on seed, photo and number only."""
        waiting: list[tuple[Path, RgbImage, NDArray[np.uint8]]] = []
        wanted = sorted((index % len(photos), index // len(photos)) for index in range(count))
        for done, (photo, number) in enumerate(wanted):
            path = Path(self._own.name) / f"{photo}-{number}.npy"
            self._items.append((photo, path))
            rng = np.random.default_rng((self._seed, photo, number))
            # shifted by the photo's number, so that with one example a photo the good share is still right
            waiting.append((path, *make_example(photos[photo], photo + number, self._plan, rng)))
            if len(waiting) == BATCH or done == count - 1:
                self._put(waiting)
                waiting = []
                if progress is not None:
                    progress((done + 1) / count)
        self._learn_shapes(photos[0])

    def without(self, photos: Sequence[int] | NDArray[np.intp]) -> Shelf:
        """The examples that were not made from these photos; the files are shared."""
        left = copy.copy(self)
        away = {int(photo) for photo in photos}
        left._items = [item for item in self._items if item[0] not in away]
        return left

    def _learn_shapes(self, photo: RgbImage) -> None:
        found = self._source.features([photo])
        self._shapes = [(values.shape[2], values.shape[3], values.shape[1]) for values in found]

    def _put(self, waiting: list[tuple[Path, RgbImage, NDArray[np.uint8]]]) -> None:
        """One flat float16 array an example: the stages channels-last, then the mask at the finest stage's size."""
        found = self._source.features([image for _, image, _ in waiting])
        height, width = found[0].shape[2:]
        for index, (path, _, mask) in enumerate(waiting):
            cover = cv2.resize(mask, (width, height), interpolation=cv2.INTER_AREA).astype(np.float16) / np.float16(255)
            parts = [values[index].transpose(1, 2, 0).ravel().astype(np.float16) for values in found]
            np.save(path, np.concatenate([*parts, cover.ravel()]), allow_pickle=False)

    def batch(self, indices: Sequence[int]) -> tuple[list[torch.Tensor], torch.Tensor]:
        """Features (N x C x h x w a stage, in half precision) and soft masks N x 1 x h x w."""
        flat = torch.from_numpy(np.stack([np.load(self._items[index][1], mmap_mode="r") for index in indices]))
        stages, start = [], 0
        for height, width, channels in self._shapes:
            part = flat[:, start : start + height * width * channels]
            stages.append(part.reshape(len(indices), height, width, channels).permute(0, 3, 1, 2))
            start += height * width * channels
        height, width, _ = self._shapes[0]
        return stages, flat[:, start:].reshape(len(indices), 1, height, width).float()

    def __len__(self) -> int:
        """Number of examples."""
        return len(self._items)
