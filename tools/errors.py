"""The root of every error that this product raises on purpose.

A message says what was wrong, with which input, and what to do about it, in one line. The command line prints
it as it stands and leaves with `exit_code`; the HTTP API and the chat show the same sentence.
"""


class RedRabbitError(Exception):
    """Failed work (exit code 1)."""

    exit_code = 1


class BadInputError(RedRabbitError):
    """Something the user gave cannot be used (exit code 2)."""

    exit_code = 2
