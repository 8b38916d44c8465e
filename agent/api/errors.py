"""Errors of the API, beside those of the packages it calls."""

from tools.errors import BadInputError, RedRabbitError


class UnauthenticatedError(BadInputError):
    """No key, or one that does not open."""


class ForbiddenError(BadInputError):
    """The key opens, but not this."""


class TooLargeError(BadInputError):
    """More bytes or pixels than the settings allow."""


class OpenDoorError(RedRabbitError):
    """Asked to listen beyond this machine without any key to ask for."""


class OverloadedError(RedRabbitError):
    """Too much is waiting already."""


class AddressError(RedRabbitError):
    """The address to listen on cannot be had."""


class TextError(BadInputError):
    """Text that cannot be stored."""


class ReplayedError(BadInputError):
    """A webhook delivery that was taken before."""


class TooManyRequestsError(RedRabbitError):
    """A key was used more often than it may be."""
