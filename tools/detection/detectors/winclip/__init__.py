"""WinCLIP: texts about good and bad parts against windows of the photo. See README.md beside this file."""

from tools.detection.detectors.winclip.detector import WinClip

__all__ = ["WinClip"]
