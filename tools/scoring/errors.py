"""Errors of the scoring package."""

from tools.errors import BadInputError


class ScoringError(BadInputError):
    """What was given cannot be scored."""
