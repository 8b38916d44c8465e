"""The configured chat model as a plain function from a prompt to its reply, for tools that only want text."""

from __future__ import annotations

from collections.abc import Callable

from agent.settings import Settings


def asker(settings: Settings) -> Callable[[str], str] | None:
    """Prompt → reply; None where the embedded offline model is set, which does not write texts.

    Raises:
        ModelError: the model that the settings name cannot be made.
    """
    if settings.model == "offline":
        return None
    from langchain_core.messages import HumanMessage

    from agent.models.registry import get_chat_model

    model = get_chat_model(settings)

    def ask(prompt: str) -> str:
        return str(model.invoke([HumanMessage(prompt)]).text)

    return ask
