"""Tiny random models, saved as transformers saves them: nothing is downloaded."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch


@pytest.fixture(scope="session")
def dinov2_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    from transformers import Dinov2Config, Dinov2Model

    torch.manual_seed(0)
    shape = {"hidden_size": 24, "num_hidden_layers": 3, "num_attention_heads": 2}
    folder = tmp_path_factory.mktemp("models") / "dinov2-tiny"
    Dinov2Model(Dinov2Config(**shape, image_size=56, patch_size=14)).save_pretrained(folder)
    return folder
