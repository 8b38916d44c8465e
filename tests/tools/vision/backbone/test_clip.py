from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest
import torch

from tools.vision.backbone import get_backbone
from tools.vision.backbone.clip import ClipBackbone
from tools.vision.errors import BackboneError


@pytest.fixture
def images(rng: np.random.Generator) -> list[np.ndarray]:
    return [rng.integers(0, 256, (64, 64, 3), dtype=np.uint8) for _ in range(3)]


def test_agreement_is_clips_own(clip_folder: Path, images: list[np.ndarray]) -> None:
    from transformers import CLIPModel, CLIPTokenizer

    backbone = get_backbone(f"clip:{clip_folder}")
    assert isinstance(backbone, ClipBackbone)
    texts = ["a crack", "a track here"]
    pixels = np.stack(images).astype(np.float32) / 255
    pixels = (pixels - [0.48145466, 0.4578275, 0.40821073]) / [0.26862954, 0.26130258, 0.27577711]
    tokens = CLIPTokenizer.from_pretrained(clip_folder)(texts, padding=True, return_tensors="pt")
    with torch.inference_mode():
        own = CLIPModel.from_pretrained(clip_folder)(
            pixel_values=torch.from_numpy(pixels).permute(0, 3, 1, 2).float(), **tokens
        )
    found = backbone.agreement(images, texts)
    np.testing.assert_allclose(found, own.logits_per_image.softmax(dim=1).numpy(), atol=2e-3)
    np.testing.assert_allclose(found.sum(axis=1), 1, atol=1e-5)


def test_image_maps(clip_folder: Path, images: list[np.ndarray]) -> None:
    backbone = get_backbone(f"clip:{clip_folder}")
    assert backbone.features(images, (64, 96), ["b2"])[0].shape == (3, 16, 4, 6)
    assert backbone.embed(images).shape == (3, 12)


def test_no_tokenizer(clip_folder: Path, tmp_path: Path) -> None:
    for name in ("config.json", "model.safetensors"):
        shutil.copy(clip_folder / name, tmp_path)
    backbone = get_backbone(f"clip:{tmp_path}")
    assert isinstance(backbone, ClipBackbone)
    with pytest.raises(BackboneError, match=r"put tokenizer\.json beside"):
        backbone.embed_texts(["crack"])
