"""Errors of the knowledge package."""

from tools.errors import BadInputError, RedRabbitError


class KnowledgeInputError(BadInputError):
    """A document, a record or a query cannot be used as given."""


class KnowledgeError(RedRabbitError):
    """The index or the embedding model failed."""
