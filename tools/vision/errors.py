"""Errors of the vision package."""

from tools.errors import BadInputError, RedRabbitError


class ImageError(BadInputError):
    """A file or folder is not an image, or one that cannot be used."""


class BackboneError(BadInputError):
    """A backbone that is not there, or one asked for what it cannot do."""


class WeightsError(RedRabbitError):
    """A weight file is absent, damaged, or not the one that was published."""
