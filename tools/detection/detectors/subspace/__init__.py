"""Subspace: what a linear model of good patches cannot explain. See README.md beside this file."""

from tools.detection.detectors.subspace.detector import Subspace

__all__ = ["Subspace"]
