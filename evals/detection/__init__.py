"""Detectors on real images, the false-alarm guarantee, probability of detection."""
