"""Errors of the calibration package."""

from tools.errors import BadInputError


class CalibrationError(BadInputError):
    """A configuration, a search space or a folder of real images cannot be used as given."""
