"""Template difference: the test photo against the golden one of the same part. See README.md beside this file."""

from tools.detection.detectors.template.detector import Template

__all__ = ["Template"]
