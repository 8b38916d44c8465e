"""Photos in, masks out: one way to use a model, whether torch, ONNX Runtime or OpenVINO computes it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

import cv2
import numpy as np
from numpy.typing import NDArray

from tools.detection.regions import Region, measure_region
from tools.segmentation.errors import SegmentationInputError
from tools.segmentation.model import ModelCard
from tools.vision.masks import components
from tools.vision.types import Mask, RgbImage

Probabilities = NDArray[np.float32]
SHRUNK_PX = 16
"""A photo may not be smaller than this on any side."""


class Engine(Protocol):
    """Computes a network: prepared batch N x 3 x h x w in, calibrated defect probability N x 1 x h x w and class shares
    N x K x h' x w' out (K may be 0; coarser than the probability), all float32."""

    name: str

    def run(self, batch: NDArray[np.float32]) -> tuple[Probabilities, Probabilities]:
        """See the class."""
        ...


@dataclass(frozen=True)
class Segmentation:
    """What was found on one photo, at its own size.

    `probability` float32 H x W, 0 … 1; `mask` uint8 0/255; `regions` largest first, their `score_*` are probabilities;
    `classes` float32 K x H x W, sums to 1 at every pixel (None where the model names no class).
    """

    probability: Probabilities
    mask: Mask
    regions: tuple[Region, ...]
    classes: Probabilities | None = field(default=None, repr=False)


class TorchEngine:
    """The trained network itself."""

    def __init__(self, network: Any, card: ModelCard, *, device: str = "cpu") -> None:
        """Use a network in evaluation mode."""
        self.name = f"torch {device}"
        self.network, self._card, self._device = network, card, device

    def run(self, batch: NDArray[np.float32]) -> tuple[Probabilities, Probabilities]:
        """See `Engine`."""
        import torch

        from tools.segmentation.served import probabilities

        with torch.inference_mode():
            image = torch.from_numpy(batch).to(self._device)
            found, shares = probabilities(self.network, image, self._card.temperature)
            return found.cpu().numpy(), shares.cpu().numpy()


class Segmenter:
    """A model card with something that computes it."""

    def __init__(self, card: ModelCard, engine: Engine, *, name: str = "") -> None:
        """Put together."""
        self.card, self.engine, self.name = card, engine, name

    @classmethod
    def load(cls, folder: Path | str, *, device: str = "auto") -> Segmenter:
        """A trained model folder, computed by torch.

        Raises:
            SegmentationInputError: not a model, damaged, or no such device.
        """
        from tools.segmentation.model import load_model, pick_device

        chosen = pick_device(device)
        network, card = load_model(Path(folder), device=chosen)
        return cls(card, TorchEngine(network, card, device=chosen), name=Path(folder).name)

    def predict(self, images: Sequence[RgbImage], *, threshold: float | None = None) -> list[Segmentation]:
        """Segment photos of any size (each at least `SHRUNK_PX` on each side).

        Args:
            images: uint8 H x W x 3 RGB.
            threshold: on the probability, 0 … 1; the card's if not given.
        """
        cut = self.card.threshold if threshold is None else threshold
        if not 0 <= cut <= 1:
            raise SegmentationInputError(f"the threshold {cut:g} is not between 0 and 1")
        found, classes = self.probabilities(images)
        return [self.decide(probability, shares, cut) for probability, shares in zip(found, classes, strict=True)]

    def probabilities(self, images: Sequence[RgbImage]) -> tuple[list[Probabilities], list[Probabilities | None]]:
        """Defect probability (H x W) and class shares (K x H x W or None) of each photo, at its own size."""
        batch = np.concatenate([prepare(image, self.card.size_hw) for image in images])
        defect, classes = self.engine.run(batch)
        found: list[Probabilities] = []
        shares: list[Probabilities | None] = []
        for image, one, kinds in zip(images, defect, classes, strict=True):
            shape = (image.shape[0], image.shape[1])
            found.append(_scaled(one, shape)[0])
            shares.append(_scaled(kinds, shape) if len(kinds) else None)
        return found, shares

    def decide(self, probability: Probabilities, classes: Probabilities | None, threshold: float) -> Segmentation:
        """Mask and named regions at a threshold, largest first."""
        marked = probability > threshold
        regions = []
        for part in components(marked):
            region = measure_region(part, probability)
            if classes is not None:
                area = part.slices()
                kind, sure = name_of(classes[:, area[0], area[1]], part.pixels, self.card.classes)
                region = region.model_copy(update={"type": kind, "type_confidence": sure})
            regions.append(region)
        regions.sort(key=lambda region: (-region.area_px, region.id))
        return Segmentation(probability, marked.astype(np.uint8) * np.uint8(255), tuple(regions), classes)


def prepare(image: RgbImage, size_hw: tuple[int, int]) -> NDArray[np.float32]:
    """A photo as the network wants it: 1 x 3 x h x w, -1 … 1.

    Raises:
        SegmentationInputError: too small.
    """
    height, width = size_hw
    if min(image.shape[:2]) < SHRUNK_PX:
        raise SegmentationInputError(
            f"a photo of {image.shape[1]} x {image.shape[0]} px is too small; {SHRUNK_PX} px a side are needed"
        )
    shrinks = image.shape[0] * image.shape[1] > height * width
    if image.shape[:2] != size_hw:
        image = np.asarray(
            cv2.resize(image, (width, height), interpolation=cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR), np.uint8
        )
    return np.ascontiguousarray(image.transpose(2, 0, 1)[None].astype(np.float32) / 127.5 - 1.0)


def _scaled(maps: Probabilities, shape: tuple[int, int]) -> Probabilities:
    """C x h x w maps at another size."""
    if maps.shape[1:] == shape:
        return maps
    big = [cv2.resize(each, (shape[1], shape[0]), interpolation=cv2.INTER_LINEAR) for each in maps]
    return np.stack(big).astype(np.float32)


def name_of(shares: Probabilities, pixels: NDArray[np.bool_], classes: Sequence[str]) -> tuple[str, float]:
    """The class with the largest mean share over a region's pixels, and that share.

    Args:
        shares: K x h x w crop.
        pixels: boolean h x w crop.
        classes: K names.
    """
    means = shares[:, pixels].mean(axis=1)
    best = int(means.argmax())
    return classes[best], round(float(means[best]), 4)
