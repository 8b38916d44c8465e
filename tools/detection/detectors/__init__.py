"""Detectors, one folder each: fit on good parts, predict a score and a map."""
