"""Does calibration find the parameters of given photos, and do calibrated images help."""
