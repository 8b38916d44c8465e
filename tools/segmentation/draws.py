"""The examples of a run, in order: each made from the seed and its number alone, whoever makes it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import torch
from torch.utils.data import DataLoader, Dataset

from tools.segmentation.augment import augment, crop, paste
from tools.segmentation.config import TrainConfig
from tools.segmentation.errors import SegmentationInputError
from tools.segmentation.examples import Example, Source
from tools.segmentation.losses import IGNORE
from tools.vision.types import RgbImage


class Draws(Dataset):  # type: ignore[misc]  # torch is not typed here
    """Example `i` of the run, made from the seed and `i` alone."""

    def __init__(self, source: Source, config: TrainConfig, classes: Sequence[str], first: int, count: int) -> None:
        self._source, self._config, self._first, self._count = source, config, first, count
        self._index = {name: number for number, name in enumerate(classes)}

    def __len__(self) -> int:
        return self._count

    def __getitem__(self, item: int) -> tuple[torch.Tensor, torch.Tensor, int, torch.Tensor]:
        config = self._config
        rng = np.random.default_rng((config.seed, 1, self._first + item))
        example = self._draw(rng)
        image, mask = augment(example.image, example.mask, config.size_hw, config.augment, rng)
        label = example.label
        if rng.random() < config.augment.paste and (other := self._source.defect(rng)) is not None:
            second = augment(other.image, other.mask, config.size_hw, config.augment, rng)
            if not mask.any():
                label = other.label
            if label == other.label:
                image, mask = paste(image, mask, *second)
        kind = self._index.get(label, IGNORE)
        moments = _moments(image)
        if config.crop_hw != config.size_hw:
            image, mask = crop(image, mask, config.crop_hw, config.on_defect, rng)
        return (
            torch.from_numpy(np.ascontiguousarray(image)),
            torch.from_numpy(np.ascontiguousarray(mask)),
            kind,
            moments,
        )

    def _draw(self, rng: np.random.Generator) -> Example:
        """A good photo with probability `good_share`, else a defect; where one kind lacks, the other."""
        pick = (self._source.good, self._source.defect)
        first = 0 if rng.random() < self._config.good_share else 1
        found = pick[first](rng) or pick[1 - first](rng)
        if found is None:
            raise SegmentationInputError("there is no example to train on; give --data or --text with --good")
        return found


def _moments(image: RgbImage) -> torch.Tensor:
    """Mean and deviation of a photo scaled to -1 … 1: a window of it is levelled like the whole."""
    values = image[::2, ::2].astype(np.float32) / 127.5 - 1.0
    return torch.tensor([float(values.mean()), float(values.std())])


def batches(source: Source, config: TrainConfig, classes: Sequence[str], epoch: int) -> Iterator[Any]:
    """Batches of one epoch: photos uint8 N x H x W x 3, masks uint8 N x H x W, class indices N, and N x 2 mean and
    deviation of the photos they were cut from."""
    count = config.steps_per_epoch * config.batch
    draws = Draws(source, config, classes, epoch * count, count)
    context = "spawn" if config.workers else None
    yield from DataLoader(draws, batch_size=config.batch, num_workers=config.workers, multiprocessing_context=context)
