"""One row and column of zeros in the kernel stand for a copy of the map with zeros around it."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from tools.vision.backbone.efficientnet_lite_network import _wider


@pytest.mark.parametrize(("side", "pads"), [(3, (0, 1, 0, 1)), (5, (1, 2, 1, 2))])
def test_a_wider_kernel_gives_the_sums_of_a_padded_map(side: int, pads: tuple[int, int, int, int]) -> None:
    torch.manual_seed(side)
    plain = nn.Conv2d(6, 6, side, stride=2, groups=6)
    x = torch.randn(2, 6, 32, 48)
    with torch.inference_mode():
        wanted = plain(nn.functional.pad(x, pads))
        found = _wider(plain, pads[1])(x)
    assert found.shape == wanted.shape
    assert torch.allclose(found, wanted, atol=1e-6)
