"""Backbone names to backbones. A new one is a module here and a line in `BACKBONES`."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache

from tools.vision.backbone.protocol import Backbone
from tools.vision.errors import BackboneError


def _lite(spec: str, argument: str) -> Backbone:
    from tools.vision.backbone.efficientnet_lite import EfficientNetLite

    if argument:
        raise BackboneError(f"{spec!r} takes nothing after a colon; its weights come with the package")
    return EfficientNetLite(spec)


def _transformers(spec: str, argument: str) -> Backbone:
    from tools.vision.backbone.transformer import TransformersBackbone

    return TransformersBackbone(spec, argument)


def _clip(spec: str, argument: str) -> Backbone:
    from tools.vision.backbone.clip import ClipBackbone

    return ClipBackbone(spec, argument)


def _onnx(spec: str, argument: str) -> Backbone:
    from tools.vision.backbone.onnx_file import OnnxBackbone

    return OnnxBackbone(spec, argument)


BACKBONES: dict[str, Callable[[str, str], Backbone]] = {
    "efficientnet-lite0": _lite,
    "efficientnet-lite1": _lite,
    "efficientnet-lite2": _lite,
    "dinov2": _transformers,
    "clip": _clip,
    "transformers": _transformers,
    "onnx": _onnx,
    "openvino": _onnx,
}
"""Kind → maker, called with the whole spec and what stands behind its colon."""


@lru_cache(maxsize=4)
def get_backbone(spec: str = "efficientnet-lite0") -> Backbone:
    """The backbone of a spec: `efficientnet-lite0`, `dinov2:FOLDER`, …; one instance a spec and process.

    Raises:
        BackboneError: unknown, or its folder or file cannot be used.
        WeightsError: its weights are not installed or damaged.
    """
    kind, _, argument = spec.partition(":")
    if kind not in BACKBONES:
        raise BackboneError(f"no backbone {kind!r}; there are {', '.join(BACKBONES)}")
    return BACKBONES[kind](spec, argument)
