"""Errors of the evolution package."""

from tools.errors import BadInputError


class EvolutionError(BadInputError):
    """A choice, a candidate or a budget cannot be used as given."""
