"""Pixel statistics: median and median absolute deviation of aligned photos. See README.md beside this file."""

from tools.detection.detectors.pixel.detector import Pixel

__all__ = ["Pixel"]
