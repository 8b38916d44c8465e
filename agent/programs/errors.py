"""Errors of the language-model programs."""

from tools.errors import RedRabbitError


class ProgramError(RedRabbitError):
    """A program could not be run, tuned or read."""
