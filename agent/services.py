"""What the graph's nodes need beside the state: settings, the chat model, and who runs long work."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from agent.settings import Settings, get_settings

if TYPE_CHECKING:
    from langchain_core.language_models import BaseChatModel

    from agent.toolbelt.work import Runner


@dataclass
class Services:
    """Passed as a run's context and never stored; the model and the runner are made on first use."""

    settings: Settings = field(default_factory=get_settings)
    model: BaseChatModel | None = None
    runner: Runner | None = None
    conversation_id: str = "local"

    def get_model(self) -> BaseChatModel:
        """The chat model.

        Raises:
            ModelError: it cannot be had; the sentence says why.
        """
        if self.model is None:
            from agent.models import get_chat_model

            self.model = get_chat_model(self.settings)
        return self.model

    def get_runner(self) -> Runner:
        """Durable jobs, unless something else was given."""
        if self.runner is None:
            from agent.toolbelt.work import JobRunner

            self.runner = JobRunner(self.settings)
        return self.runner
