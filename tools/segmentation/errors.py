"""Errors of the segmentation package."""

from tools.errors import BadInputError, RedRabbitError


class SegmentationInputError(BadInputError):
    """Data, settings or a model folder that cannot be used."""


class SegmentationError(RedRabbitError):
    """Training, export or inference failed."""


class ParityError(SegmentationError):
    """An exported model does not do what the trained one does; nothing was exported."""


class BusyError(SegmentationError):
    """More requests wait than can be answered in time."""
