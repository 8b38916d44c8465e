"""Errors of the jobs package."""

from tools.errors import BadInputError, RedRabbitError


class JobInputError(BadInputError):
    """A job was asked for that does not exist, or with arguments that it cannot use."""


class JobConflictError(BadInputError):
    """A job was started under an id that belongs to another."""


class JobNotFoundError(BadInputError):
    """No job has this id."""


class JobsNotRunningError(RedRabbitError):
    """`launch` was not called in this process."""


class JobStoppedError(RedRabbitError):
    """Raised inside a job's step when it should end: its process goes down, or see `JobCancelledError`."""


class JobCancelledError(JobStoppedError):
    """Somebody cancelled the job, or its time is up: it will not go on later."""


class JobFailedError(RedRabbitError):
    """A job that was waited for did not succeed."""
