"""The API in this process, with a conversation that answers by rote."""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from fastapi.testclient import TestClient

from agent.api.app import create_app
from agent.settings import Settings
from tools.vision.images import encode_png

BASE = "http://127.0.0.1"


def load_by_path(name: str, path: Path) -> Any:
    spec = importlib.util.spec_from_file_location(name, path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module


def fake_conversation() -> Any:
    path = Path(__file__).parents[1] / "chat" / "fake_conversation.py"
    return load_by_path("fake_conversation", path).FakeConversation


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def settings(request: pytest.FixtureRequest, tmp_path: Path) -> Settings:
    """The same test on both databases; modules whose tests do not depend on the database have their own."""
    url = request.getfixturevalue("migrated_postgres_url") if request.param == "postgresql" else None
    return Settings(data_dir=tmp_path / "data", database_url=url, max_upload_mb=1, max_image_megapixels=1.0)


@pytest.fixture
def api(settings: Settings) -> Iterator[TestClient]:
    app = create_app(settings, page=False, conversations=fake_conversation())
    with TestClient(app, base_url=BASE, raise_server_exceptions=False) as client:
        yield client


def png(seed: int = 0, size: tuple[int, int] = (64, 64)) -> bytes:
    rng = np.random.default_rng(seed)
    return encode_png((120 + rng.normal(0, 4, (*size, 3))).clip(0, 255).astype(np.uint8))


def upload(api: TestClient, count: int = 1, first: int = 0) -> list[str]:
    files = [("files", (f"good {n}.png", png(first + n), "image/png")) for n in range(count)]
    answer = api.post("/v1/images", files=files)
    assert answer.status_code == 201, answer.text
    return [each["id"] for each in answer.json()]
