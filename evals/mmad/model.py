"""A multimodal chat model as an answerer, through LangChain: OpenAI, Anthropic, Google, Ollama, or a compatible server.

Everything that goes wrong with one question (a refusal, a time-out, prose instead of a letter) is a reply without a
letter, and scored as such; only a model that cannot be used at all ends the run.
"""

from __future__ import annotations

from typing import Any

from langchain_core.language_models import BaseChatModel
from langchain_core.messages import HumanMessage, SystemMessage

from agent.models.errors import ModelError
from evals.mmad.answerers import Case, Reply
from evals.mmad.parse import parse_letter
from evals.mmad.prompt import INSTRUCTION, content

GIVE_UP_AFTER = 3
"""Failed calls in a row, from the first one on, after which the model counts as unusable."""


class ModelAnswerer:
    """Asks a chat model; see `Answerer`."""

    def __init__(self, model: BaseChatModel, name: str) -> None:
        self.name = name
        self._model = model
        self._failed = 0
        self._worked = False

    @classmethod
    def from_name(cls, name: str) -> ModelAnswerer:
        """`provider:model` with the settings' base address and key.

        Raises:
            ModelError: name, package or key is missing.
        """
        from agent.models.registry import get_chat_model
        from agent.settings import get_settings

        if ":" not in name:
            raise ModelError(f"no answerer {name!r}; use offline, always-a, random, majority or provider:model")
        return cls(get_chat_model(get_settings().model_copy(update={"model": name})), name)

    def answer(self, case: Case) -> Reply:
        """See `Answerer`."""
        messages = [SystemMessage(INSTRUCTION), HumanMessage(content=content(case))]  # type: ignore[arg-type]
        try:
            message: Any = self._model.invoke(messages)
        except Exception as error:
            self._failed += 1
            sentence = (str(error).strip() or type(error).__name__).splitlines()[0][:200]
            if not self._worked and self._failed >= GIVE_UP_AFTER:
                raise ModelError(f"the model {self.name} does not answer: {sentence}") from None
            return Reply(None, "", f"the call failed: {sentence}")
        self._worked, self._failed = True, 0
        said = _text(message.content)
        usage = getattr(message, "usage_metadata", None) or {}
        return Reply(
            parse_letter(said, case.options),
            said,
            tokens_in=usage.get("input_tokens"),
            tokens_out=usage.get("output_tokens"),
        )


def _text(reply: Any) -> str:
    """The words of a reply, whichever blocks it is made of."""
    if isinstance(reply, str):
        return reply
    parts = [block if isinstance(block, str) else str(block.get("text", "")) for block in reply or ()]
    return " ".join(part for part in parts if part)
