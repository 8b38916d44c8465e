"""PatchCore: how far is each patch from the nearest good one. See README.md beside this file."""

from tools.detection.detectors.patchcore.detector import PatchCore

__all__ = ["PatchCore"]
