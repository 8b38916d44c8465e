from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
import torch

from tools.vision.backbone import CachedBackbone, get_backbone, local_stages
from tools.vision.errors import BackboneError, WeightsError


@pytest.fixture
def images(rng: np.random.Generator) -> list[np.ndarray]:
    return [rng.integers(0, 256, (70, 98, 3), dtype=np.uint8) for _ in range(3)]


def test_dinov2_features_are_the_models_own(dinov2_folder: Path, images: list[np.ndarray]) -> None:
    from transformers import Dinov2Model

    backbone = get_backbone(f"dinov2:{dinov2_folder}")
    assert backbone.multiple_px == 14
    assert [(stage.name, stage.stride, stage.channels) for stage in backbone.stages][-1] == ("b3", 14, 24)
    (last,) = backbone.features(images, (70, 98), ["b3"])
    pixels = np.stack(images).astype(np.float32) / 255
    pixels = (pixels - [0.485, 0.456, 0.406]) / [0.229, 0.224, 0.225]
    with torch.inference_mode():
        own = Dinov2Model.from_pretrained(dinov2_folder)(torch.from_numpy(pixels).permute(0, 3, 1, 2).float())
    tokens = own.last_hidden_state[:, 1:].transpose(1, 2).unflatten(2, (5, 7))
    np.testing.assert_allclose(last, tokens.numpy(), atol=1e-4)
    rows = backbone.embed(images)
    np.testing.assert_allclose(np.linalg.norm(rows, axis=1), 1, atol=1e-5)
    assert backbone.embed([]).shape == (0, 24)
    assert backbone.features([], (70, 98), ["b1"])[0].shape == (0, 24, 5, 7)


def test_the_default_backbone_is_never_called_dinov2(dinov2_folder: Path) -> None:
    default, dinov2 = get_backbone(), get_backbone(f"dinov2:{dinov2_folder}")
    assert "dinov2" not in default.name
    assert default.fingerprint != dinov2.fingerprint


def test_another_family_is_refused(clip_folder: Path, dinov2_folder: Path) -> None:
    with pytest.raises(BackboneError, match="holds a clip model, not dinov2; use transformers:FOLDER"):
        get_backbone(f"dinov2:{clip_folder}")
    assert get_backbone(f"transformers:{dinov2_folder}").stages == get_backbone(f"dinov2:{dinov2_folder}").stages


def test_bf16_is_close_and_says_that_it_is_another(dinov2_folder: Path, images: list[np.ndarray]) -> None:
    full, half = get_backbone(f"dinov2:{dinov2_folder}"), get_backbone(f"dinov2:{dinov2_folder}@bf16")
    assert full.fingerprint != half.fingerprint
    for one, two in zip(full.features(images, (70, 98)), half.features(images, (70, 98)), strict=True):
        assert np.abs(one - two).max() < 0.02 * np.abs(one).max()


def test_registers_are_left_out(tmp_path: Path, images: list[np.ndarray]) -> None:
    from transformers import Dinov2WithRegistersConfig, Dinov2WithRegistersModel

    shape = {"hidden_size": 16, "num_hidden_layers": 2, "num_attention_heads": 2}
    config = Dinov2WithRegistersConfig(**shape, image_size=28, patch_size=14, num_register_tokens=4)
    Dinov2WithRegistersModel(config).save_pretrained(tmp_path)
    assert get_backbone(f"dinov2:{tmp_path}").features(images, (28, 42))[1].shape == (3, 16, 2, 3)


@pytest.mark.parametrize("kind", ["vit", "swin", "convnext", "resnet"])
def test_any_vision_model(kind: str, tmp_path: Path, images: list[np.ndarray]) -> None:
    import transformers as t

    shape = {"hidden_size": 16, "num_hidden_layers": 2, "num_attention_heads": 2, "intermediate_size": 32}
    small = {"hidden_sizes": [8, 16], "depths": [1, 1]}
    model = {
        "vit": lambda: t.ViTModel(t.ViTConfig(**shape, image_size=32, patch_size=8)),
        "swin": lambda: t.SwinModel(
            t.SwinConfig(image_size=64, patch_size=4, embed_dim=8, depths=[1, 1], num_heads=[2, 2], window_size=4)
        ),
        "convnext": lambda: t.ConvNextModel(t.ConvNextConfig(**small, num_stages=2)),
        "resnet": lambda: t.ResNetModel(t.ResNetConfig(**small, embedding_size=8, layer_type="basic")),
    }[kind]()
    model.save_pretrained(tmp_path)
    backbone = get_backbone(f"transformers:{tmp_path}")
    size = (64, 96)
    for stage, found in zip(backbone.stages, backbone.features(images, size), strict=True):
        assert found.shape == (3, stage.channels, size[0] // stage.stride, size[1] // stage.stride)
    assert backbone.embed(images).shape[0] == 3
    assert set(local_stages(backbone)) <= {stage.name for stage in backbone.stages}


def test_local_stages(dinov2_folder: Path) -> None:
    assert local_stages(get_backbone()) == ("s8", "s16")
    assert local_stages(get_backbone(f"dinov2:{dinov2_folder}"), count=1) == ("b3",)


def test_cache_keeps_transformer_features(dinov2_folder: Path, tmp_path: Path, images: list[np.ndarray]) -> None:
    backbone = get_backbone(f"dinov2:{dinov2_folder}")
    cached = CachedBackbone(backbone, tmp_path)
    for _ in range(2):
        np.testing.assert_array_equal(
            cached.features(images, (28, 28), ["b2"]), backbone.features(images, (28, 28), ["b2"])
        )


def test_clear_words_for_unusable_folders(dinov2_folder: Path, tmp_path: Path) -> None:
    with pytest.raises(BackboneError, match="no folder '/nowhere'; `redrabbit weights get dinov2-small`"):
        get_backbone("dinov2:/nowhere")
    with pytest.raises(BackboneError, match=r"none given"):
        get_backbone("clip")
    with pytest.raises(BackboneError, match=r"no readable config\.json"):
        get_backbone(f"dinov2:{tmp_path}")
    bare = tmp_path / "bare"
    bare.mkdir()
    shutil.copy(dinov2_folder / "config.json", bare)
    with pytest.raises(BackboneError, match="has no weights"):
        get_backbone(f"dinov2:{bare}")
    (bare / "model.safetensors").write_bytes(b"nonsense")
    with pytest.raises(BackboneError, match="cannot load"):
        get_backbone(f"dinov2:{bare}")


def test_weights_that_do_not_fill_the_network_are_refused(dinov2_folder: Path, tmp_path: Path) -> None:
    folder = tmp_path / "deeper"
    shutil.copytree(dinov2_folder, folder)
    config = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps({**config, "num_hidden_layers": 4}))
    with pytest.raises(BackboneError, match="do not fill the network"):
        get_backbone(f"dinov2:{folder}")


def test_a_fetched_file_that_changed_is_refused(dinov2_folder: Path, tmp_path: Path) -> None:
    folder = tmp_path / "fetched"
    shutil.copytree(dinov2_folder, folder)
    (folder / "weights.json").write_text(json.dumps({"files": {"model.safetensors": "0" * 64}}))
    with pytest.raises(WeightsError, match="not the published file"):
        get_backbone(f"dinov2:{folder}")
