"""Write a backbone as an ONNX file that `onnx:FILE` and `openvino:FILE` run without torch."""

from __future__ import annotations

import json
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from tools.vision.backbone.efficientnet_lite import EMBED_PX, MEAN, SCALE, EfficientNetLite
from tools.vision.backbone.onnx_file import METADATA
from tools.vision.backbone.prepare import check_size, pick_stages
from tools.vision.backbone.protocol import Backbone
from tools.vision.backbone.transformer import TransformersBackbone
from tools.vision.errors import BackboneError
from tools.vision.images import write_atomic


def export_onnx(
    backbone: Backbone, path: Path, stages: Sequence[str] | None = None, side_px: int | None = None
) -> Path:
    """Export feature maps and the embedding.

    Args:
        backbone: an EfficientNet-lite (any input size) or a transformers model (one input size).
        path: the ONNX file.
        stages: which feature maps; all by default.
        side_px: the fixed input side of a transformers model, a multiple of its patch; its own by default.

    Raises:
        BackboneError: a backbone or stage that cannot be exported.
    """
    import onnx
    import torch

    names = [backbone.stages[index].name for index in pick_stages(stages, backbone.stages, backbone.name)]
    module, facts, side = _module(backbone, names, side_px)
    dynamic = {0: "n", 2: "height", 3: "width"} if isinstance(backbone, EfficientNetLite) else {0: "n"}
    outputs = [*names, "embedding"]
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_suffix(".partial.onnx")
    with warnings.catch_warnings():  # tracing warns of every Python branch; the result is compared in the tests
        warnings.simplefilter("ignore")
        torch.onnx.export(
            module,
            (torch.zeros(1, 3, side, side),),
            str(partial),
            input_names=["image"],
            output_names=outputs,
            dynamic_axes={"image": dynamic, **{name: {0: "n"} for name in outputs}},
            opset_version=17,
            dynamo=False,
        )
    model = onnx.load(str(partial))
    partial.unlink()
    onnx.helper.set_model_props(model, {METADATA: json.dumps({**facts, "source": backbone.fingerprint})})
    write_atomic(path, model.SerializeToString())
    return path


def _module(backbone: Backbone, names: list[str], side_px: int | None) -> tuple[Any, dict[str, Any], int]:
    from torch import nn

    positions = pick_stages(names, backbone.stages, backbone.name)
    if isinstance(backbone, EfficientNetLite):
        trunk = backbone._trunk

        class Lite(nn.Module):  # type: ignore[misc]  # torch is not typed here
            def forward(self, batch: Any) -> Any:
                return (*trunk(batch, positions), trunk.pooled(batch))

        facts = {"mean": MEAN, "scale": SCALE, "multiple_px": backbone.multiple_px, "embed_px": EMBED_PX}
        return Lite(), facts, 64
    if not isinstance(backbone, TransformersBackbone):
        raise BackboneError(f"{backbone.name} cannot be exported; EfficientNet-lite and transformers models can")
    folder, vision = backbone._folder, backbone
    side = side_px or folder.embed_px
    check_size((side, side), backbone.multiple_px, backbone.name)

    class Vision(nn.Module):  # type: ignore[misc]  # torch is not typed here
        def __init__(self) -> None:
            super().__init__()
            self.network = vision._vision

        def forward(self, batch: Any) -> Any:
            output = self.network(pixel_values=batch, output_hidden_states=True, **vision._options)
            maps = vision._maps(output, (side, side))
            return (*(maps[index] for index in positions), vision._project(output))

    facts = {"mean": folder.mean, "scale": folder.scale, "multiple_px": side, "embed_px": side}
    return Vision().eval(), facts, side


def largest_difference(one: Backbone, other: Backbone, images: Sequence[Any], size: tuple[int, int]) -> float:
    """The largest difference of two backbones' features, as a share of each stage's largest value."""
    names = [stage.name for stage in other.stages]
    pairs = zip(one.features(images, size, names), other.features(images, size, names), strict=True)
    return max(float(np.abs(a - b).max() / max(float(np.abs(a).max()), 1e-12)) for a, b in pairs)
