"""Errors of the blueprint package."""

from tools.errors import BadInputError


class BlueprintError(BadInputError):
    """A Blueprint, or the words for one, cannot be used as given."""
