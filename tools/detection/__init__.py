"""Detectors fitted on good parts, their thresholds, post-processing, regions and bundles."""
