"""Errors of the detection package."""

from tools.errors import BadInputError, RedRabbitError


class DetectionInputError(BadInputError):
    """Images, settings or a bundle cannot be used as given."""


class DetectionError(RedRabbitError):
    """A detector tried and failed."""
