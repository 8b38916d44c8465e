"""How a program's answer is read: dspy's fields, or just the JSON object that small models tend to give."""

from __future__ import annotations

import json
from functools import lru_cache
from typing import Any

from pydantic import ValidationError


@lru_cache(maxsize=1)
def get_adapter() -> Any:
    """dspy's chat adapter, without its second call to the model, for programs with one output field."""
    from dspy.adapters.chat_adapter import ChatAdapter
    from dspy.utils.exceptions import AdapterParseError

    class JsonToo(ChatAdapter):  # type: ignore[misc]
        """Reads `[[ ## field ## ]]` sections; else the outermost JSON object, as the field or with the field in it."""

        def parse(self, signature: Any, completion: str) -> dict[str, Any]:
            try:
                return dict(super().parse(signature, completion))
            except (AdapterParseError, ValidationError):
                found = _json_field(signature, completion)
                if found is None:
                    raise
                return found

    return JsonToo(use_json_adapter_fallback=False)


def _json_field(signature: Any, completion: str) -> dict[str, Any] | None:
    (name, field), *others = signature.output_fields.items()
    if others or "{" not in completion:
        return None
    try:
        value = json.loads(completion[completion.index("{") : completion.rindex("}") + 1])
        if isinstance(value, dict) and set(value) == {name}:
            value = value[name]
        return {name: field.annotation.model_validate(value)}
    except (ValueError, AttributeError):
        return None
