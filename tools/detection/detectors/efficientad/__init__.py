"""EfficientAD: a student and an autoencoder against a distilled teacher. See README.md beside this file."""

from tools.detection.detectors.efficientad.detector import EfficientAd

__all__ = ["EfficientAd"]
