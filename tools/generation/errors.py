"""Errors of the generation package."""

from tools.errors import BadInputError, RedRabbitError


class BlueprintDoesNotFitError(BadInputError):
    """The Blueprint asks for something that this photo cannot hold: too long, too many, outside the part, no scale."""


class GenerationError(RedRabbitError):
    """A generator tried and failed."""
