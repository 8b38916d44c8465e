from __future__ import annotations

import pytest
import torch

from tools.segmentation.unet_tiny import DEEP_WIDTHS, WIDTHS, UNetTiny, count_parameters


@pytest.mark.parametrize("widths", [WIDTHS, DEEP_WIDTHS])
def test_half_a_million_parameters_at_most(widths: tuple[int, ...]) -> None:
    assert count_parameters(UNetTiny(widths=widths, classes=12)) <= 500_000


@pytest.mark.parametrize("stride", [1, 2])
def test_logits_have_the_photos_size_and_a_channel_a_class(stride: int) -> None:
    network = UNetTiny(widths=(8, 16, 16), stem_stride=stride, classes=3, standardise=True).eval()
    side = network.multiple_px
    with torch.no_grad():
        assert network(torch.zeros(2, 3, 2 * side, 3 * side)).shape == (2, 4, 2 * side, 3 * side)


def test_without_options_it_is_one_logit_and_starts_rare() -> None:
    network = UNetTiny().eval()
    with torch.no_grad():
        logits = network(torch.rand(1, 3, 64, 64))
    assert logits.shape == (1, 1, 64, 64)
    assert torch.sigmoid(logits).mean() < 0.2


def test_standardised_networks_do_not_see_exposure() -> None:
    torch.manual_seed(0)
    network = UNetTiny(widths=(8, 16), standardise=True).eval()
    photo = torch.rand(1, 3, 32, 32) * 1.6 - 0.8
    with torch.no_grad():
        assert torch.allclose(network(photo), network(photo * 0.6 + 0.1), atol=0.2)
