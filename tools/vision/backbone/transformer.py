"""Any vision model of transformers from a folder: DINOv2, CLIP's image tower, ViT, Swin, ConvNeXt, ResNet …

Nothing is downloaded here; `redrabbit weights get` does that where it is asked to. DINOv2: Oquab et al., 2023.
"""

from __future__ import annotations

import hashlib
import inspect
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tools.vision.backbone.folder import ModelFolder, read_folder
from tools.vision.backbone.prepare import check_size, pick_stages, to_batch, unit_length
from tools.vision.backbone.protocol import FeatureMap, Stage
from tools.vision.errors import BackboneError
from tools.vision.types import RgbImage

BATCH = 8
CONV_MULTIPLE_PX = 32
FAMILIES: dict[str, tuple[str, ...]] = {"dinov2": ("dinov2", "dinov2_with_registers"), "clip": ("clip",)}
"""Kinds that promise a family → the model types that are of it. `transformers:` promises none."""
BF16 = "@bf16"


class TransformersBackbone:
    """A `Backbone` over a transformers vision model; stages `b1 b2 …`, one a block (or a stage of a pyramid).

    A spec that ends in `@bf16` computes in bfloat16 (about three digits; it has a fingerprint of its own).
    Token features of the blocks pass the model's last layer norm, as DINOv2's own intermediate layers do.
    """

    def __init__(self, spec: str, argument: str) -> None:
        """Load the folder behind the colon.

        Raises:
            BackboneError: not a folder with a vision model, of another family than the kind says, or its weights do
                not fill the network.
            WeightsError: a fetched file was changed.
        """
        kind = spec.partition(":")[0]
        self._half = argument.endswith(BF16)
        self._folder = read_folder(spec, argument.removesuffix(BF16))
        family = FAMILIES.get(kind)
        if family is not None and self._folder.model_type not in family:
            found = self._folder.model_type or "unnamed"
            raise BackboneError(f"{spec}: the folder holds a {found} model, not {kind}; use transformers:FOLDER for it")
        self.name = spec
        self._network = load_network(spec, self._folder)
        self._vision = getattr(self._network, "vision_model", self._network)
        self._options = _options(self._vision)
        self.multiple_px = self._folder.patch_px or CONV_MULTIPLE_PX
        self.fingerprint = hashlib.sha256(f"{self._folder.fingerprint} {self._half}".encode()).hexdigest()
        self.stages = self._probe()

    def features(
        self, images: Sequence[RgbImage], size: tuple[int, int], stages: Sequence[str] | None = None
    ) -> list[FeatureMap]:
        """See `Backbone.features`."""
        check_size(size, self.multiple_px, self.name)
        wanted = pick_stages(stages, self.stages, self.name)
        found: list[list[NDArray[np.float32]]] = [[] for _ in wanted]
        for start in range(0, len(images), BATCH):
            batch = to_batch(images[start : start + BATCH], size, self._folder.mean, self._folder.scale)
            maps = self._maps(self._run(batch), size)
            for position, index in enumerate(wanted):
                found[position].append(maps[index].float().numpy())
        return [
            np.concatenate(rows) if rows else np.empty((0, *self._shape(index, size)), dtype=np.float32)
            for rows, index in zip(found, wanted, strict=True)
        ]

    def embed(self, images: Sequence[RgbImage]) -> NDArray[np.float32]:
        """The model's own summary of an image (class token, pooled or projected): `float32`, N x D, length 1."""
        side = self._folder.embed_px
        rows = [
            self._summary(to_batch(images[start : start + BATCH], (side, side), self._folder.mean, self._folder.scale))
            for start in range(0, len(images), BATCH)
        ]
        if not rows:
            return np.empty((0, self._width), dtype=np.float32)
        return unit_length(np.concatenate(rows))

    def _summary(self, batch: NDArray[np.float32]) -> NDArray[np.float32]:
        import torch

        with torch.inference_mode():
            return np.asarray(self._project(self._run(batch)).float().numpy())

    def _project(self, output: Any) -> Any:
        """The summary of each image, N x D."""
        return _pooled(output)

    def _run(self, batch: NDArray[np.float32]) -> Any:
        import torch

        with torch.inference_mode(), torch.autocast("cpu", torch.bfloat16, enabled=self._half):
            return self._vision(pixel_values=torch.from_numpy(batch), output_hidden_states=True, **self._options)

    def _maps(self, output: Any, size: tuple[int, int]) -> list[Any]:
        """One `N x C x h x w` tensor a block."""
        hidden = getattr(output, "reshaped_hidden_states", None) or output.hidden_states
        if hidden[0].ndim == 3:
            return [self._grid(tokens, size) for tokens in hidden[1:]]
        return list(hidden[1:] if len(hidden) > 1 else hidden)

    def _grid(self, tokens: Any, size: tuple[int, int]) -> Any:
        """Tokens to a map: class and register tokens stand in front and are left out."""
        assert self._folder.patch_px is not None
        height, width = size[0] // self._folder.patch_px, size[1] // self._folder.patch_px
        if tokens.shape[1] < height * width:
            raise BackboneError(f"{self.name} gives {tokens.shape[1]} tokens for {height} x {width} patches")
        norm = getattr(self._vision, "layernorm", None)
        kept = tokens[:, -height * width :]
        return (kept if norm is None else norm(kept.float())).transpose(1, 2).unflatten(2, (height, width))

    def _probe(self) -> tuple[Stage, ...]:
        """Run once on nothing, to learn what comes out."""
        side = self._folder.embed_px
        output = self._run(np.zeros((1, 3, side, side), dtype=np.float32))
        if getattr(output, "hidden_states", None) is None:
            raise BackboneError(f"{self.name} gives no hidden states, so no features can be read from it")
        maps = self._maps(output, (side, side))
        self._width = int(self._summary(np.zeros((1, 3, side, side), dtype=np.float32)).shape[1])
        return tuple(
            Stage(f"b{number}", round(side / grid.shape[2]), int(grid.shape[1])) for number, grid in enumerate(maps, 1)
        )

    def _shape(self, index: int, size: tuple[int, int]) -> tuple[int, int, int]:
        stage = self.stages[index]
        return stage.channels, size[0] // stage.stride, size[1] // stage.stride


def _pooled(output: Any) -> Any:
    pooled = getattr(output, "pooler_output", None)
    if pooled is None:
        last = output.last_hidden_state
        return last.mean(dim=1) if last.ndim == 3 else last.mean(dim=(2, 3))
    return pooled.flatten(1)


def _options(vision: Any) -> dict[str, bool]:
    """Ask for interpolated positions where the model takes the question, so that any input size works."""
    accepts = inspect.signature(vision.forward).parameters
    return {"interpolate_pos_encoding": True} if "interpolate_pos_encoding" in accepts else {}


def load_network(spec: str, folder: ModelFolder) -> Any:
    """The frozen network of a folder, float32, from local files alone.

    Raises:
        BackboneError: transformers cannot load it, or weights are missing.
    """
    from transformers import AutoModel
    from transformers.utils import logging

    logging.disable_progress_bar()
    try:
        model, report = AutoModel.from_pretrained(
            folder.path, local_files_only=True, trust_remote_code=False, dtype="float32", output_loading_info=True
        )
    except Exception as error:
        # transformers raises many kinds, some with pages of text.
        reason = (str(error).strip() or type(error).__name__).splitlines()[0][:160]
        raise BackboneError(f"{spec}: transformers cannot load {folder.path}: {reason}") from error
    missing = [name for name in report["missing_keys"] if "pooler." not in name and "position_ids" not in name]
    unfit = missing or list(report.get("mismatched_keys", ()))
    if unfit:
        raise BackboneError(f"{spec}: the weights in {folder.path} do not fill the network: no {unfit[0]}")
    return model.eval().requires_grad_(False)
