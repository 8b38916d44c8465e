"""Errors of the data-set package."""

from tools.errors import BadInputError, RedRabbitError


class DatasetError(BadInputError):
    """A folder is not the data set it should be, or cannot be written to."""


class SculptError(RedRabbitError):
    """Sculpting a data set failed part of the way; what is done is kept."""
