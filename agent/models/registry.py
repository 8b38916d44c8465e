"""A chat model from the settings: `offline`, or `provider:name` through LangChain's `init_chat_model`."""

from __future__ import annotations

from typing import Any

from langchain_core.language_models import BaseChatModel

from agent.models.errors import ModelError
from agent.settings import Settings

OFFLINE = "offline"
TIMEOUT_S = 120.0
MAX_RETRIES = 2
EXTRAS = {
    "anthropic": "langchain-anthropic",
    "google_genai": "langchain-google-genai",
    "google_vertexai": "langchain-google-vertexai",
    "ollama": "langchain-ollama",
    "openai": "langchain-openai",
    "mistralai": "langchain-mistralai",
    "groq": "langchain-groq",
}
"""Provider → the package to install."""
KEYLESS = "not-needed"
"""What a server without keys is sent: OpenAI's client insists on one."""


def get_chat_model(settings: Settings) -> BaseChatModel:
    """The chat model that the settings name.

    Raises:
        ModelError: the name, the package or the key is missing; the sentence says what to do.
    """
    if settings.model == OFFLINE:
        from agent.models.offline.chat import OfflineChatModel

        return OfflineChatModel()
    provider, separator, name = settings.model.partition(":")
    if not separator or not name:
        raise ModelError(f"REDRABBIT_MODEL is {settings.model!r}; write offline or provider:name, such as openai:gpt-5")
    return _from_provider(settings, provider, name)


def _from_provider(settings: Settings, provider: str, name: str) -> BaseChatModel:
    from langchain.chat_models import init_chat_model

    options: dict[str, Any] = {"temperature": 0.0, "timeout": TIMEOUT_S, "max_retries": MAX_RETRIES}
    if provider == "ollama":
        options = {"temperature": 0.0}
    if settings.model_base_url:
        options["base_url"] = settings.model_base_url
    if settings.model_api_key is not None:
        options["api_key"] = settings.model_api_key.get_secret_value()
    elif settings.model_base_url and provider == "openai":
        options["api_key"] = KEYLESS
    try:
        model: BaseChatModel = init_chat_model(name, model_provider=provider, **options)
    except ImportError:
        package = EXTRAS.get(provider, f"langchain-{provider.replace('_', '-')}")
        raise ModelError(f"the model {settings.model} needs a package; run `pip install {package}`") from None
    except Exception as error:
        raise ModelError(_sentence(error, settings, provider)) from None
    return model


def _sentence(error: Exception, settings: Settings, provider: str) -> str:
    text = (str(error).strip() or type(error).__name__).splitlines()[0]
    lower = text.lower()
    if "api_key" in lower or "api key" in lower or "credentials" in lower:
        return f"the model {settings.model} needs a key; set REDRABBIT_MODEL_API_KEY or the provider's own variable"
    if "provider" in lower:
        return f"there is no provider {provider!r}; use one of {', '.join(sorted(EXTRAS))}"
    return f"the model {settings.model} cannot be used: {text[:200]}"
