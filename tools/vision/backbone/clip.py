"""CLIP from a folder: image features, and how well an image agrees with a text. Radford et al., 2021."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tools.vision.backbone.prepare import unit_length
from tools.vision.backbone.transformer import TransformersBackbone
from tools.vision.errors import BackboneError
from tools.vision.types import RgbImage


class ClipBackbone(TransformersBackbone):
    """A `Backbone` that also embeds texts into the space of its image embeddings."""

    _tokens: Any = None

    @property
    def temperature(self) -> float:
        """What a cosine is multiplied by before a softmax over texts (about 100 for published weights)."""
        return float(self._network.logit_scale.exp())

    def embed_texts(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """One vector a text, comparable with `embed`: `float32`, N x D, length 1.

        Raises:
            BackboneError: the folder has no tokenizer.
        """
        import torch

        tokens = self._tokenizer()(list(texts), padding=True, truncation=True, return_tensors="pt")
        with torch.inference_mode():
            found = self._network.get_text_features(**tokens)
        return unit_length(_tensor(found).float().numpy())

    def agreement(self, images: Sequence[RgbImage], texts: Sequence[str]) -> NDArray[np.float32]:
        """Softmax over texts of the scaled cosines: `float32`, images x texts, rows sum to 1."""
        logits = self.temperature * self.embed(images) @ self.embed_texts(texts).T
        weights = np.exp(logits - logits.max(axis=1, keepdims=True))
        return np.asarray(weights / weights.sum(axis=1, keepdims=True), dtype=np.float32)

    def _project(self, output: Any) -> Any:
        return self._network.visual_projection(output.pooler_output.float())

    def _tokenizer(self) -> Any:
        if self._tokens is None:
            from transformers import AutoTokenizer

            path = self._folder.path
            # transformers makes an empty tokenizer of nothing, so what there is must be looked at first.
            if not ((path / "tokenizer.json").is_file() or (path / "vocab.json").is_file()):
                raise BackboneError(f"{self.name}: {path} has no tokenizer; put tokenizer.json beside its config.json")
            self._tokens = AutoTokenizer.from_pretrained(path, local_files_only=True)
        return self._tokens


def _tensor(found: Any) -> Any:
    """transformers 5 gives an output object whose pooler holds the projected features; before, a tensor."""
    return getattr(found, "pooler_output", found)
