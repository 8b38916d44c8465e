"""Errors of the report package."""

from tools.errors import BadInputError, RedRabbitError


class ReportInputError(BadInputError):
    """A record, a report, a review or a setting cannot be used as given."""


class ReportError(RedRabbitError):
    """A report could not be written or rendered."""
