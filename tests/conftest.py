"""Fixtures that every test folder shares."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest

ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture(scope="session")
def real_data() -> Path:
    """The folder of real images (`magnetic_tile/`, `deeppcb/`); skips where it is absent."""
    folder = Path(os.environ.get("REDRABBIT_REAL_DATA", ROOT.parent / "shared" / "data"))
    if not (folder / "magnetic_tile").is_dir():
        pytest.skip(f"the real images are not in {folder.name}/ beside the checkout")
    return folder


@pytest.fixture
def rng() -> np.random.Generator:
    """A seeded generator."""
    return np.random.default_rng(20240)


@pytest.fixture(autouse=True)
def _own_data_folder(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    """No test writes into the user's data folder or reads the developer's settings."""
    from agent.settings import get_settings

    monkeypatch.setenv("REDRABBIT_DATA_DIR", str(tmp_path_factory.mktemp("data")))
    for name in ("REDRABBIT_DATABASE_URL", "REDRABBIT_MODEL", "REDRABBIT_BACKBONE", "REDRABBIT_FAL_KEY"):
        monkeypatch.delenv(name, raising=False)
    get_settings.cache_clear()
