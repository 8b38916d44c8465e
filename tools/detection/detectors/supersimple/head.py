"""The trained head: a light convolutional decoder on frozen features, coarse to fine, about 55,000 weights.

Dilated convolutions at the coarsest stage let it see areas that are larger than the backbone's field of view (Yu &
Koltun, ICLR 2016). It knows neither photos nor defects, only features of the strides it was built for.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn
from torch.nn import functional

WIDTHS = (16, 32, 32, 32)
"""Channels inside, fine to coarse; the coarsest stages share the last width."""
START_LOGIT = -3.0
"""Before training a pixel is good with about 95 %."""


@dataclass(frozen=True)
class Noise:
    """What is added to features: `images` are K places in the batch, `stages` tensors K x C x h x w, finest first."""

    images: torch.Tensor
    stages: Sequence[torch.Tensor]


class Head(nn.Module):  # type: ignore[misc]  # torch is not typed here
    """Features of several strides in, fine to coarse; one logit a cell of the finest stage out."""

    def __init__(self, channels: Sequence[int]) -> None:
        """Random weights (seed torch before).

        Args:
            channels: of each stage, finest first.
        """
        super().__init__()
        widths = [WIDTHS[min(level, len(WIDTHS) - 1)] for level in range(len(channels))]
        self.normalise = nn.ModuleList(nn.BatchNorm2d(count, affine=False) for count in channels)
        self.lateral = nn.ModuleList(nn.Conv2d(c, w, 1) for c, w in zip(channels, widths, strict=True))
        self.blocks = nn.ModuleList(_block(width) for width in widths)
        self.context = nn.Sequential(_block(widths[-1], dilation=2), _block(widths[-1], dilation=4))
        self.narrow = nn.ModuleList(
            nn.Conv2d(coarse, fine, 1) if coarse != fine else nn.Identity() for fine, coarse in pairwise(widths)
        )
        self.drop = nn.Dropout2d(0.1)
        self.out = nn.Conv2d(widths[0], 1, 1)
        nn.init.constant_(self.out.bias, START_LOGIT)

    def forward(self, stages: Sequence[torch.Tensor], noise: Noise | None = None) -> torch.Tensor:
        """Logits, N x 1 x h x w of the finest stage.

        Args:
            stages: float tensors N x C x h x w, finest first; they need no gradient.
            noise: added to the normalised features of some images (training).
        """
        x: torch.Tensor | None = None
        for level in range(len(stages) - 1, -1, -1):
            even = self.normalise[level](stages[level])
            if noise is not None:
                even = even.index_add_(0, noise.images, noise.stages[level].to(even.dtype))
            here = self.lateral[level](self.drop(even))
            if x is not None:
                x = functional.interpolate(self.narrow[level](x), size=here.shape[-2:], mode="bilinear")
                here = here + x
            x = self.blocks[level](here)
            if level == len(stages) - 1:
                x = x + self.context(x)
        assert x is not None
        return torch.as_tensor(self.out(x))


def _block(width: int, *, dilation: int = 1) -> nn.Sequential:
    return nn.Sequential(
        nn.ReLU(),
        nn.Conv2d(width, width, 3, padding=dilation, dilation=dilation, bias=False),
        nn.BatchNorm2d(width),
        nn.ReLU(),
    )


def head_arrays(head: Head) -> dict[str, NDArray[np.generic]]:
    """Weights and normalisation of a head, `float32` by name."""
    return {name: values.numpy() for name, values in head.state_dict().items() if values.is_floating_point()}


def head_from(arrays: Mapping[str, NDArray[np.generic]]) -> Head:
    """The head of `head_arrays`, in evaluation mode.

    Raises:
        KeyError: an array is missing or belongs to no head of these stages.
        RuntimeError: an array has another shape.
    """
    levels = sum(name.startswith("normalise.") and name.endswith(".running_mean") for name in arrays)
    head = Head([len(arrays[f"normalise.{level}.running_mean"]) for level in range(levels)])
    tensors = {name: torch.from_numpy(np.array(values, dtype=np.float32)) for name, values in arrays.items()}
    missing, strange = head.load_state_dict(tensors, strict=False)
    wrong = [name for name in [*missing, *strange] if not name.endswith("num_batches_tracked")]
    if wrong:
        raise KeyError(wrong[0])
    head.to(memory_format=torch.channels_last).eval()
    return head
