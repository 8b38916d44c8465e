"""Chat models: the embedded one, and any provider's by name through LangChain."""

from agent.models.errors import ModelError
from agent.models.registry import get_chat_model

__all__ = ["ModelError", "get_chat_model"]
