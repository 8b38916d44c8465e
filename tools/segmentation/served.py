"""From logits to what is used: calibrated probabilities at the photo's size, class shares at the network's own.

Class shares stay coarse, and their softmax is written out: on a processor the softmax over channels at full size took
as long as half of all convolutions.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import nn

from tools.segmentation.unet_tiny import UNetTiny


def probabilities(network: UNetTiny, image: torch.Tensor, temperature: float) -> tuple[torch.Tensor, torch.Tensor]:
    """Defect probability N x 1 x H x W and class shares N x K x h x w of a batch of prepared photos."""
    coarse = network.coarse(image).float()
    defect = torch.sigmoid(network.enlarged(coarse[:, :1]) / temperature)
    return defect, _softmax(coarse[:, 1:])


def _softmax(logits: torch.Tensor) -> torch.Tensor:
    if not logits.shape[1]:
        return logits
    powers = torch.exp(logits - logits.amax(dim=1, keepdim=True))
    return powers / powers.sum(dim=1, keepdim=True)


class Served(nn.Module):  # type: ignore[misc]  # torch is not typed here
    """A network with `probabilities` behind it, as one graph to export."""

    def __init__(self, network: UNetTiny, temperature: float, *, named: bool) -> None:
        """`named`: the network has classes, so there are two outputs."""
        super().__init__()
        self.network, self.temperature, self.named = network, temperature, named

    def forward(self, image: torch.Tensor) -> Any:
        """See `probabilities`; the defect alone where there are no classes."""
        defect, shares = probabilities(self.network, image, self.temperature)
        return (defect, shares) if self.named else defect
