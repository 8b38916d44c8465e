"""Where a detector's features come from: a frozen backbone, which of its stages, and the size photos are brought to.

It knows nothing of scores or memories; a detector holds one and asks it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tools.detection.detectors.patches import choose_size, patch_features
from tools.vision.backbone import Backbone, FeatureMap, get_backbone
from tools.vision.backbone.stages import local_stages
from tools.vision.types import RgbImage

BATCH = 8
"""Photos that go through the backbone together."""


class Source:
    """A backbone, stages and an input size; the size follows from the good photos where it was not given."""

    def __init__(
        self,
        backbone: str | Backbone,
        *,
        stages: Sequence[str] | None,
        size: tuple[int, int] | None,
        side_px: int,
        usual: Callable[[Backbone], tuple[str, ...]] = local_stages,
    ) -> None:
        """Take what the detector's options say.

        Args:
            backbone: spec or instance.
            stages: names of the backbone's stages; the first gives the map's resolution. `usual` picks if not given.
            size: input (height, width); `settle` chooses it if not given.
            side_px: side of the square with the input's area, where `size` is not given.
            usual: picks stages of a backbone.
        """
        self.backbone = get_backbone(backbone) if isinstance(backbone, str) else backbone
        self.stages = tuple(stages) if stages is not None else usual(self.backbone)
        self.side_px = int(side_px)
        self._size = (int(size[0]), int(size[1])) if size is not None else None

    @property
    def size(self) -> tuple[int, int]:
        """Input (height, width); only after `settle`, or where it was given."""
        assert self._size is not None
        return self._size

    @property
    def channels(self) -> list[int]:
        """Of each stage."""
        known = {stage.name: stage.channels for stage in self.backbone.stages}
        return [known[name] for name in self.stages]

    def settle(self, images: Sequence[RgbImage]) -> None:
        """Choose the input size from good images, once."""
        if self._size is None:
            self._size = choose_size(images, self.side_px, self.backbone.multiple_px)

    def features(self, images: Sequence[RgbImage], stages: Sequence[str] | None = None) -> list[FeatureMap]:
        """One array a stage, N x C x h x w: of these stages, or of its own."""
        return self.backbone.features(images, self.size, self.stages if stages is None else stages)

    def cells(self, images: Sequence[RgbImage]) -> Iterator[NDArray[np.float32]]:
        """Patch features of each image, h x w x C, worked out a batch at a time."""
        for start in range(0, len(images), BATCH):
            yield from patch_features(self.backbone, images[start : start + BATCH], self.size, self.stages)

    def config(self) -> dict[str, Any]:
        """The options that make the same source again, as JSON values."""
        return {
            "backbone": self.backbone.name,
            "size": list(self._size) if self._size else None,
            "side_px": self.side_px,
            "stages": list(self.stages),
        }
