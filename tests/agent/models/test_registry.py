"""Chat models by name, and one clear sentence where one cannot be had."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import pytest
from pydantic import SecretStr

from agent.models import ModelError, get_chat_model
from agent.models.errors import explain
from agent.models.offline.chat import OfflineChatModel
from agent.settings import Settings


def settings(tmp_path: Path, **more: object) -> Settings:
    return Settings(data_dir=tmp_path, _env_file=None, **more)  # type: ignore[arg-type]


def test_offline_is_the_default(tmp_path: Path) -> None:
    assert isinstance(get_chat_model(settings(tmp_path)), OfflineChatModel)


def test_an_openai_compatible_server_needs_no_key(tmp_path: Path) -> None:
    model = get_chat_model(settings(tmp_path, model="openai:any", model_base_url="http://127.0.0.1:9/v1"))
    assert model._llm_type == "openai-chat"


@pytest.mark.parametrize(
    ("name", "words"),
    [("gpt-5", "provider:name"), ("openai:", "provider:name"), ("nosuchprovider:x", "nosuchprovider")],
)
def test_a_wrong_name_is_one_sentence(tmp_path: Path, name: str, words: str) -> None:
    with pytest.raises(ModelError, match=words) as caught:
        get_chat_model(settings(tmp_path, model=name))
    assert "\n" not in str(caught.value)


def test_a_missing_key_is_one_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    with pytest.raises(ModelError, match="needs a key"):
        get_chat_model(settings(tmp_path, model="openai:gpt-5"))


@pytest.mark.skipif(importlib.util.find_spec("langchain_anthropic") is not None, reason="the package is installed")
def test_a_missing_package_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="pip install langchain-anthropic"):
        get_chat_model(settings(tmp_path, model="anthropic:claude"))


def test_a_key_is_never_repeated(tmp_path: Path) -> None:
    chosen = settings(tmp_path, model="openai:x", model_api_key=SecretStr("sk-secret"))
    assert "sk-secret" not in explain(ValueError("bad key sk-secret given"), chosen)
