"""What the tests of several tools share."""

from __future__ import annotations

import json
from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def clip_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A tiny random CLIP with a tokenizer, saved as transformers saves it; it knows nothing."""
    import torch
    from transformers import CLIPConfig, CLIPModel

    torch.manual_seed(0)
    shape = {"hidden_size": 16, "intermediate_size": 32, "num_hidden_layers": 2, "num_attention_heads": 2}
    letters = "abcdefghijklmnopqrstuvwxyz.-"
    words = ["<|startoftext|>", "<|endoftext|>", *letters, *(f"{letter}</w>" for letter in letters)]
    config = CLIPConfig(
        text_config={**shape, "vocab_size": len(words), "eos_token_id": 1, "bos_token_id": 0, "pad_token_id": 1},
        vision_config={**shape, "image_size": 64, "patch_size": 16},
        projection_dim=12,
    )
    folder = tmp_path_factory.mktemp("models") / "clip-tiny"
    CLIPModel(config).save_pretrained(folder)
    (folder / "vocab.json").write_text(json.dumps({word: index for index, word in enumerate(words)}))
    (folder / "merges.txt").write_text("#version: 0.2\n")
    said = {"tokenizer_class": "CLIPTokenizer", "model_max_length": 77}
    (folder / "tokenizer_config.json").write_text(json.dumps(said))
    return folder
