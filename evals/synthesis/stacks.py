"""Training and test images in memory or on disk, and the frozen features of them, computed once an image.

Features are kept as float16 memory maps: 1 MB an image at 320 x 256.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from evals.synthesis.tiles import SIZE_HW
from tools.vision.backbone import get_backbone
from tools.vision.types import Mask, RgbImage

STAGES = ("s2", "s4", "s8", "s16")
"""Stages of stride 2, 4, 8 and 16 of EfficientNet-lite0."""
STAGE_CHANNELS = (16, 24, 40, 112)


@dataclass(frozen=True)
class Stack:
    """`images` uint8 N x H x W x 3; `masks` uint8 N x H x W, 0/255; `kinds` a class name or `good` an image."""

    images: NDArray[np.uint8]
    masks: NDArray[np.uint8]
    kinds: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.kinds)

    def subset(self, indices: NDArray[np.intp]) -> Stack:
        """The chosen images."""
        return Stack(self.images[indices], self.masks[indices], tuple(self.kinds[index] for index in indices))


def stack_of(items: Iterator[tuple[RgbImage, Mask, str]]) -> Stack:
    """Collect working-size images."""
    images, masks, kinds = zip(*items, strict=True)
    return Stack(np.stack(images), np.stack(masks), tuple(kinds))


def join(stacks: list[Stack]) -> Stack:
    """One after the other."""
    return Stack(
        np.concatenate([stack.images for stack in stacks]),
        np.concatenate([stack.masks for stack in stacks]),
        tuple(kind for stack in stacks for kind in stack.kinds),
    )


def save_stack(stack: Stack, path: Path) -> None:
    """Write one compressed file, whole or not at all."""
    partial = path.with_suffix(".part.npz")
    np.savez_compressed(partial, images=stack.images, masks=stack.masks, kinds=np.array(stack.kinds))
    partial.replace(path)


def load_stack(path: Path) -> Stack:
    """What `save_stack` wrote."""
    with np.load(path, allow_pickle=False) as data:
        return Stack(data["images"], data["masks"], tuple(data["kinds"].tolist()))


class Features:
    """Frozen features of a stack: one float16 array a stage (N x h x w x C), on disk where a folder is given."""

    def __init__(self, stack: Stack, folder: Path | None = None, *, chunk: int = 32) -> None:
        """Compute them, or open them where `folder` holds them already."""
        self.arrays = self._open(folder) if folder is not None and (folder / "done").exists() else []
        if self.arrays:
            return
        if folder is not None:
            folder.mkdir(parents=True, exist_ok=True)
        backbone = get_backbone("efficientnet-lite0")
        for start in range(0, len(stack), chunk):
            found = backbone.features(list(stack.images[start : start + chunk]), SIZE_HW, STAGES)
            for stage, values in enumerate(found):
                if start == 0:
                    _, channels, height, width = values.shape
                    self.arrays.append(self._array(folder, stage, (len(stack), height, width, channels)))
                self.arrays[stage][start : start + len(values)] = values.transpose(0, 2, 3, 1)
        if folder is not None:
            (folder / "done").touch()

    def __getitem__(self, indices: NDArray[np.intp]) -> list[NDArray[np.float16]]:
        """The chosen images' features, one array a stage."""
        return [array[indices] for array in self.arrays]

    @staticmethod
    def _array(folder: Path | None, stage: int, shape: tuple[int, ...]) -> NDArray[np.float16]:
        if folder is None:
            return np.empty(shape, np.float16)
        return np.lib.format.open_memmap(folder / f"{stage}.npy", mode="w+", dtype=np.float16, shape=shape)

    @staticmethod
    def _open(folder: Path) -> list[NDArray[np.float16]]:
        return [np.load(folder / f"{stage}.npy", mmap_mode="r") for stage in range(len(STAGES))]
