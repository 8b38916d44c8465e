"""Errors of the MMAD harness."""

from __future__ import annotations

from tools.errors import BadInputError, RedRabbitError


class MmadInputError(BadInputError):
    """A question file, folder or option that cannot be used."""


class MmadError(RedRabbitError):
    """A run that could not be finished."""
