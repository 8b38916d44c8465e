"""Any image model of the anomalib library behind this product's seam. See README.md beside this file."""

from tools.detection.detectors.anomalib_model.detector import AnomalibModel

__all__ = ["AnomalibModel"]
