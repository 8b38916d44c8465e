"""Errors of the store."""

from tools.errors import BadInputError, RedRabbitError


class StoreError(RedRabbitError):
    """The database or the file store could not do what was asked."""


class NotFoundError(BadInputError):
    """No record has this id."""


class ConflictError(BadInputError):
    """Somebody else changed the record first, or it exists already."""
