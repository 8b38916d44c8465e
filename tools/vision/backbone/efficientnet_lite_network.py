"""The EfficientNet-lite network as an inference trunk that can be read at every stride.

The layers and weights are those of `efficientnet-lite-pytorch`; batch norms are folded into the convolutions and the
memory layout is channels-last, which changes nothing but the last bits and the time.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

import torch
from torch import nn
from torch.nn.utils.fusion import fuse_conv_bn_eval


class Trunk(nn.Module):  # type: ignore[misc]  # torch is not typed here
    """Stem, blocks and head. `taps`: (stage name, stride, channels), shallow to deep."""

    def __init__(self, source: Any) -> None:
        """Fold a loaded `efficientnet_lite_pytorch.EfficientNet`."""
        super().__init__()
        self.blocks = nn.ModuleList([_folded(source._conv_stem, source._bn0, active=True)])
        self.blocks.extend(_Block(block) for block in source._blocks)
        self.head = _folded(source._conv_head, source._bn1, active=True)
        self.width = int(source._conv_head.out_channels)
        self.taps, self.after = _taps(source._blocks)

    def forward(self, batch: torch.Tensor, wanted: Sequence[int]) -> list[torch.Tensor]:
        """Feature maps at the wanted taps, in that order; stops after the deepest."""
        x = batch.contiguous(memory_format=torch.channels_last)
        at = {self.after[index]: index for index in wanted}
        found: dict[int, torch.Tensor] = {}
        for position in range(max(at) + 1):
            x = self.blocks[position](x)
            if position in at:
                found[at[position]] = x
        return [found[index] for index in wanted]

    def pooled(self, batch: torch.Tensor) -> torch.Tensor:
        """Average of the head's output over the image: N x width."""
        x = batch.contiguous(memory_format=torch.channels_last)
        for block in self.blocks:
            x = block(x)
        return torch.as_tensor(self.head(x).mean(dim=(2, 3)))


class _Block(nn.Module):  # type: ignore[misc]  # torch is not typed here
    """Mobile inverted residual: expand, depthwise, project, and a skip where shapes agree."""

    def __init__(self, source: Any) -> None:
        super().__init__()
        expand = hasattr(source, "_expand_conv")
        layers = [_folded(source._expand_conv, source._bn0, active=True)] if expand else []
        layers.append(_folded(source._depthwise_conv, source._bn1, active=True))
        layers.append(_folded(source._project_conv, source._bn2, active=False))
        self.layers = nn.Sequential(*layers)
        first, last = (source._expand_conv if expand else source._depthwise_conv), source._project_conv
        stride = _stride(source)
        self.skip = bool(source.id_skip) and stride == 1 and first.in_channels == last.out_channels

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        y = self.layers(x)
        return torch.as_tensor(y + x if self.skip else y)


def _stride(block: Any) -> int:
    stride = block._block_args.stride
    return int(stride if isinstance(stride, int) else stride[0])


def _folded(convolution: Any, norm: Any, *, active: bool) -> nn.Sequential:
    """Convolution with its batch norm folded in, "same" padding, and ReLU6 where wanted."""
    padding = getattr(convolution, "static_padding", None)
    pads = list(padding.padding) if isinstance(padding, nn.ZeroPad2d) else [0, 0, 0, 0]
    before, after, alike = int(pads[0]), int(pads[1]), len(set(pads)) == 1
    layers: list[nn.Module] = []
    plain = nn.Conv2d(
        convolution.in_channels,
        convolution.out_channels,
        convolution.kernel_size,
        stride=tuple(convolution.stride),
        padding=before if alike else 0,
        groups=convolution.groups,
        bias=False,
    )
    plain.weight = convolution.weight
    folded = fuse_conv_bn_eval(plain.eval(), norm.eval())
    if not alike:  # stride 2 on even sides pads right and below only
        if convolution.groups > 1 and pads == [before, before + 1, before, before + 1]:
            folded = _wider(folded, after)
        else:
            layers.append(nn.ZeroPad2d(pads))
    layers.append(folded)
    if active:
        layers.append(nn.ReLU6(inplace=True))
    return nn.Sequential(*layers)


def _wider(convolution: nn.Conv2d, padding: int) -> nn.Conv2d:
    """The same sums with one more pixel of padding on the left and above: the kernel gets a row and a column of zeros
    there. Padding a large map by itself copies it, which takes longer than the convolution."""
    height, width = convolution.kernel_size
    made = nn.Conv2d(
        convolution.in_channels,
        convolution.out_channels,
        (height + 1, width + 1),
        stride=convolution.stride,
        padding=padding,
        groups=convolution.groups,
    )
    with torch.no_grad():
        made.weight.zero_()
        made.weight[:, :, 1:, 1:] = convolution.weight
        made.bias.copy_(convolution.bias)
    return made.eval()


def _taps(blocks: Any) -> tuple[list[tuple[str, int, int]], list[int]]:
    """(name, stride, channels) of the last block of each stage, and its position in `Trunk.blocks`."""
    ends: list[tuple[int, int, int]] = []
    stride = 2
    for position, block in enumerate(blocks, start=1):
        stride *= _stride(block)
        channels = int(block._project_conv.out_channels)
        if ends and ends[-1][1:] == (stride, channels):
            ends[-1] = (position, stride, channels)
        else:
            ends.append((position, stride, channels))
    strides = [end[1] for end in ends]
    names = [f"s{s}a" if s in strides[index + 1 :] else f"s{s}" for index, s in enumerate(strides)]
    return [(name, s, c) for name, (_, s, c) in zip(names, ends, strict=True)], [end[0] for end in ends]


@lru_cache(maxsize=3)
def load_trunk(name: str, path: Path) -> Trunk:
    """The folded network with the weights of a file; loaded once a process."""
    from efficientnet_lite_pytorch import EfficientNet

    model = EfficientNet.from_name(name)
    model.load_state_dict(torch.load(path, map_location="cpu", weights_only=True))
    trunk = Trunk(model.eval()).eval().requires_grad_(False)
    folded: Trunk = trunk.to(memory_format=torch.channels_last)
    return folded
