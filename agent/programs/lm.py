"""A LangChain chat model as dspy's language model, so that every provider of `agent.models` can run a program.

dspy keeps no copy of requests and does not retry: both are the chat model's own business.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from pydantic import BaseModel


class ChatEngine:
    """dspy's `Engine` over a chat model: one request, one `invoke`. `error` is the last one that the model raised."""

    def __init__(self, model: Any) -> None:
        self._model = model
        self.error: Exception | None = None

    def complete(self, request: Any) -> Any:
        """Ask the chat model; see `dspy.clients.engines.base.Engine`."""
        from dspy.lm15 import Message, Response, TextPart, Usage

        self.error = None
        try:
            answer = self._model.invoke(to_messages(request))
        except Exception as error:
            self.error = error
            raise
        message = Message(role="assistant", parts=(TextPart(text_of(answer)),))
        return Response(id=None, model=request.model, message=message, finish_reason="stop", usage=Usage())

    def stream(self, request: Any) -> Any:
        """The whole answer as one event."""
        from dspy.lm15 import response_to_events

        return response_to_events(self.complete(request))

    def close(self) -> None:
        """Nothing to close: the chat model is the caller's."""


def to_messages(request: Any) -> list[dict[str, Any]]:
    """dspy's request as messages that LangChain takes: text, and pictures as data URLs."""
    messages: list[dict[str, Any]] = []
    if request.system:
        system = request.system if isinstance(request.system, str) else "".join(part.text for part in request.system)
        messages.append({"role": "system", "content": system})
    for message in request.messages:
        parts = [_part(part) for part in message.parts]
        plain = all(part["type"] == "text" for part in parts)
        content: Any = "".join(part["text"] for part in parts) if plain else parts
        messages.append({"role": message.role, "content": content})
    return messages


def _part(part: Any) -> dict[str, Any]:
    if getattr(part, "media_type", None) is None:
        return {"type": "text", "text": part.text}
    url = part.url or f"data:{part.media_type};base64,{part.data}"
    return {"type": "image_url", "image_url": {"url": url}}


def text_of(answer: Any) -> str:
    """An answer's words, whatever the chat model gave: a message, a dictionary, a pydantic object."""
    text = getattr(answer, "text", None)
    if isinstance(text, str):
        return str(text)
    if isinstance(answer, BaseModel):
        return answer.model_dump_json()
    return json.dumps(answer) if isinstance(answer, dict) else str(answer)


def as_lm(model: Any) -> Any:
    """dspy's language model of a LangChain chat model; what already is one stays."""
    import dspy

    if isinstance(model, dspy.BaseLM):
        return model
    return dspy.LM(name_of(model), engine=ChatEngine(model), cache=False, num_retries=0)


def name_of(model: Any) -> str:
    """What a report and a saved program say of the model."""
    return str(getattr(model, "model_name", None) or getattr(model, "model", None) or type(model).__name__)


@contextmanager
def using(lm: Any) -> Iterator[None]:
    """Programs called inside run on this language model, and take plain JSON for an answer.

    dspy would keep the last ten thousand requests with their pictures in memory; here it keeps none.
    """
    import dspy

    from agent.programs.adapter import get_adapter

    with dspy.context(lm=lm, adapter=get_adapter(), disable_history=True):
        yield
