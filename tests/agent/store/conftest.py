from __future__ import annotations

from collections.abc import Iterator

import pytest

from agent.store.repository import Store


@pytest.fixture
def store(database_url: str) -> Iterator[Store]:
    opened = Store(database_url)
    yield opened
    opened.close()
