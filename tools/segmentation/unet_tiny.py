"""UNetTiny: a U-Net of at most half a million parameters (Ronneberger et al., MICCAI 2015).

Two 3 x 3 convolutions a level, batch norm, max pooling down, bilinear upsampling. Knows the network alone; training,
metrics and export are other modules' business.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import nn
from torch.nn import functional

WIDTHS = (16, 32, 64, 96)
"""Four levels, 386,497 parameters: small parts, little context."""
DEEP_WIDTHS = (16, 32, 48, 64, 80)
"""Five levels, 0.45 million parameters and less work: sees half a photo at once. What `redrabbit segment` trains."""


class UNetTiny(nn.Module):  # type: ignore[misc]  # torch is not typed here
    """Photos in, one defect logit a pixel out, at the photo's own size; with `classes`, one logit a class besides.

    Height and width must be multiples of `multiple_px`.
    """

    def __init__(
        self,
        *,
        in_channels: int = 3,
        widths: Sequence[int] = WIDTHS,
        stem_stride: int = 2,
        classes: int = 0,
        standardise: bool = False,
    ) -> None:
        """Build it with random weights (seed torch before).

        Args:
            in_channels: 3 for RGB scaled to about -1 … 1.
            widths: channels a level, finest first.
            stem_stride: 2 works at half the resolution inside, for a quarter of the time; 1 at the full one.
            classes: how many defect classes it names besides finding defects.
            standardise: subtract each photo's mean and divide by its deviation first, so that exposure does not matter.
        """
        super().__init__()
        self.stem_stride = stem_stride
        self.standardise = standardise
        self.multiple_px = stem_stride * 2 ** (len(widths) - 1)
        self.down = nn.ModuleList()
        channels = in_channels
        for level, width in enumerate(widths):
            self.down.append(_double(channels, width, stride=stem_stride if level == 0 else 1))
            channels = width
        self.up = nn.ModuleList()
        for width in reversed(widths[:-1]):
            self.up.append(_double(channels + width, width))
            channels = width
        self.head = nn.Conv2d(channels, 1 + classes, 1)
        nn.init.zeros_(self.head.bias)
        nn.init.constant_(self.head.bias[:1], -3.0)  # defects are rare: start near their share, not at one half

    def forward(self, batch: torch.Tensor, moments: torch.Tensor | None = None) -> torch.Tensor:
        """`float32` N x C x H x W to logits N x (1 + classes) x H x W: defect or not first, then the classes.

        `moments`, N x 2: mean and deviation to standardise by; each photo's own if not given.
        """
        return self.enlarged(self.coarse(batch, moments))

    def enlarged(self, logits: torch.Tensor) -> torch.Tensor:
        """What `coarse` gave, at the photo's size."""
        if self.stem_stride == 1:
            return logits
        return functional.interpolate(logits, scale_factor=float(self.stem_stride), mode="bilinear")

    def coarse(self, batch: torch.Tensor, moments: torch.Tensor | None = None) -> torch.Tensor:
        """The logits at the resolution the network works at: 1 / `stem_stride` of the photo's."""
        skips: list[torch.Tensor] = []
        x = self._even(batch, moments) if self.standardise else batch
        for level, block in enumerate(self.down):
            x = block(x if level == 0 else functional.max_pool2d(x, 2))
            skips.append(x)
        for block, skip in zip(self.up, reversed(skips[:-1]), strict=True):
            x = block(torch.cat([functional.interpolate(x, scale_factor=2.0, mode="bilinear"), skip], dim=1))
        return self.head(x)

    @staticmethod
    def _even(batch: torch.Tensor, moments: torch.Tensor | None) -> torch.Tensor:
        """Each photo with mean 0 and deviation about 1, over all its channels."""
        if moments is not None:
            mean, deviation = moments[:, :, None, None, None].unbind(1)
            return (batch - mean) / (deviation + 0.05)
        centred = batch - batch.mean(dim=(1, 2, 3), keepdim=True)
        deviation = (centred * centred).mean(dim=(1, 2, 3), keepdim=True).sqrt()
        return centred / (deviation + 0.05)


def _double(inputs: int, outputs: int, *, stride: int = 1) -> nn.Sequential:
    """Two 3 x 3 convolutions, each with batch norm and ReLU."""
    return nn.Sequential(
        nn.Conv2d(inputs, outputs, 3, stride=stride, padding=1, bias=False),
        nn.BatchNorm2d(outputs),
        nn.ReLU(inplace=True),
        nn.Conv2d(outputs, outputs, 3, padding=1, bias=False),
        nn.BatchNorm2d(outputs),
        nn.ReLU(inplace=True),
    )


def count_parameters(model: nn.Module) -> int:
    """How many numbers training may change."""
    return sum(parameter.numel() for parameter in model.parameters() if parameter.requires_grad)
