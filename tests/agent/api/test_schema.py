"""schemathesis on the OpenAPI document: whatever is sent, nothing answers 5xx, and answers are what they promise."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings

from agent.api.app import create_app
from agent.jobs import client
from agent.settings import Settings

from .conftest import fake_conversation

schemathesis = pytest.importorskip("schemathesis")
SKIPPED = "/events|/knowledge"
"""Streams that do not end, and the index, whose first question takes seconds."""


@pytest.fixture(scope="module")
def schema(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    settings = Settings(data_dir=Path(tmp_path_factory.mktemp("schema")), max_upload_mb=1)
    app = create_app(settings, page=False, work=False, conversations=fake_conversation())
    client.launch(settings, work=False)
    yield schemathesis.openapi.from_asgi("/v1/openapi.json", app, headers={"host": "127.0.0.1"}).exclude(
        path_regex=SKIPPED
    )
    client.shutdown()


def broken(operation: Any) -> list[str]:
    """What answered otherwise than it may, of a few generated requests to one operation."""
    found: list[str] = []

    @hypothesis_settings(
        max_examples=12, deadline=None, derandomize=True, database=None, suppress_health_check=list(HealthCheck)
    )
    @given(case=operation.as_strategy())
    def send(case: Any) -> None:
        answer = case.call(headers={"host": "127.0.0.1"})
        kind = answer.headers.get("content-type", [""])[0]
        if answer.status_code >= 500 or (answer.status_code >= 400 and kind != "application/problem+json"):
            found.append(f"{case.method} {case.path}: {answer.status_code} {kind} {answer.text[:200]}")

    send()
    return found


def test_nothing_breaks(schema: Any) -> None:
    operations = [result.ok() for result in schema.get_all_operations()]
    assert len(operations) > 30
    assert [line for operation in operations for line in broken(operation)] == []
