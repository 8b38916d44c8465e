"""What goes wrong with chat models, in one sentence each."""

from __future__ import annotations

from agent.settings import Settings
from tools.errors import BadInputError


class ModelError(BadInputError):
    """A chat model cannot be had as the settings name it."""


def explain(error: Exception, settings: Settings, language: str = "en") -> str:
    """One sentence about a failed call: what happened with which model, and what to do. Never a key."""
    from agent.wording import say

    kind = type(error).__name__
    status = getattr(error, "status_code", None)
    server = settings.model_base_url or ""
    facts = {"model": settings.model, "server": server, "status": status or ""}
    if "Connect" in kind or "Connection" in kind:
        return say("model_unreachable", language, **facts)
    if "Timeout" in kind:
        return say("model_timeout", language, **facts)
    if status in (401, 403) or "Authentication" in kind or "PermissionDenied" in kind:
        return say("model_key", language, **facts)
    if status == 429 or "RateLimit" in kind:
        return say("model_busy", language, **facts)
    if status == 404:
        return say("model_not_found", language, **facts)
    return say("model_failed", language, reason=_first_line(error, settings), **facts)


def _first_line(error: Exception, settings: Settings) -> str:
    text = (str(error).strip() or type(error).__name__).splitlines()[0][:200]
    key = settings.model_api_key.get_secret_value() if settings.model_api_key else ""
    return text.replace(key, "…") if key else text
