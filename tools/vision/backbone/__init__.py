"""Frozen image models that turn photos into features: one seam, one registry.

`get_backbone("efficientnet-lite0")` is the default and needs no network; `dinov2:FOLDER`, `clip:FOLDER`,
`transformers:FOLDER`, `onnx:FILE` and `openvino:FILE` load what the user has on disk.
"""

from tools.vision.backbone.cache import CachedBackbone
from tools.vision.backbone.protocol import Backbone, FeatureMap, Stage
from tools.vision.backbone.registry import BACKBONES, get_backbone
from tools.vision.backbone.stages import local_stages

__all__ = ["BACKBONES", "Backbone", "CachedBackbone", "FeatureMap", "Stage", "get_backbone", "local_stages"]
