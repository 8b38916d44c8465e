"""Detector names to detectors. A new one is a folder in `detectors/` and a line in `DETECTORS`."""

from __future__ import annotations

import difflib
import importlib
import inspect
from typing import Any

from tools.detection.errors import DetectionInputError
from tools.detection.protocol import Detector

ANOMALIB = "anomalib:"
"""What stands before the name of a model of the anomalib library."""
DETECTORS: dict[str, tuple[str, str]] = {
    "pixel": ("tools.detection.detectors.pixel:Pixel", "Median and deviation of aligned pixels; the baseline."),
    "template": (
        "tools.detection.detectors.template:Template",
        "Difference from the golden photo of the same part.",
    ),
    "unet_tiny": ("tools.segmentation.detector:SegmenterDetector", "A trained segmenter: finds what it was taught."),
    "fused": ("tools.segmentation.detector:FusedDetector", "A segmenter and a detector of good parts, as evidence."),
    "supersimple": (
        "tools.detection.detectors.supersimple:SuperSimple",
        "A head trained on sculpted defects, beside a memory of good patches; the recommended one.",
    ),
    "patchcore": ("tools.detection.detectors.patchcore:PatchCore", "Distance to a coreset of good patches."),
    "subspace": ("tools.detection.detectors.subspace:Subspace", "What a linear model of good patches cannot explain."),
    "efficientad": (
        "tools.detection.detectors.efficientad:EfficientAd",
        "Student and autoencoder against a teacher distilled from the backbone.",
    ),
    "winclip": ("tools.detection.detectors.winclip:WinClip", "Texts and few photos; needs a CLIP model."),
}
"""Name → (module:class, one-line help). `anomalib:<Model>` is resolved besides."""


def build_detector(name: str, *, backbone: Any = "efficientnet-lite0", **options: Any) -> Detector:
    """A detector that is not fitted yet.

    Args:
        name: a key of `DETECTORS`.
        backbone: spec or `Backbone`; detectors without one take no notice.
        options: the detector's own settings, such as `Detector.config` returns.

    Raises:
        DetectionInputError: unknown detector or option.
        BackboneError: unknown backbone.
    """
    if name.startswith(ANOMALIB):
        options["model"] = name.removeprefix(ANOMALIB)
    maker = _maker(name)
    known = _options(maker)
    unknown = sorted(set(options) - set(known))
    if unknown:
        accepted = ", ".join(option for option in known if option != "backbone")
        raise DetectionInputError(f"{name} has no option {', '.join(unknown)}; it has {accepted}")
    detector: Detector = maker(backbone=backbone, **options)
    return detector


def takes(name: str, option: str) -> bool:
    """Has this detector an option of this name?

    Raises:
        DetectionInputError: unknown detector.
    """
    return option in _options(_maker(name))


def _maker(name: str) -> Any:
    if name.startswith(ANOMALIB):
        return importlib.import_module("tools.detection.detectors.anomalib_model").AnomalibModel
    if name not in DETECTORS:
        near = difflib.get_close_matches(name, DETECTORS, 1)
        hint = f"; did you mean {near[0]}?" if near else f"; there are {', '.join(DETECTORS)}, {ANOMALIB}<Model>"
        raise DetectionInputError(f"no detector {name!r}{hint}")
    module, _, class_name = DETECTORS[name][0].partition(":")
    return getattr(importlib.import_module(module), class_name)


def _options(maker: Any) -> list[str]:
    return [parameter for parameter in inspect.signature(maker.__init__).parameters if parameter != "self"]
