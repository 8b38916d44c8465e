"""Jobs on both databases, in this process and in worker processes of their own."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from agent.jobs import client
from agent.settings import Settings

from .fal_parts import load_emulator

ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def settings(request: pytest.FixtureRequest, tmp_path: Path) -> Settings:
    url = request.getfixturevalue("migrated_postgres_url") if request.param == "postgresql" else None
    return Settings(data_dir=tmp_path / "data", database_url=url)


@pytest.fixture
def jobs(settings: Settings) -> Iterator[Settings]:
    """Jobs run in this process."""
    client.launch(settings)
    yield settings
    client.shutdown()


@pytest.fixture
def watching(settings: Settings) -> Iterator[Settings]:
    """This process starts and watches jobs; workers run them."""
    client.launch(settings, work=False)
    yield settings
    client.shutdown()


@pytest.fixture
def start_worker(settings: Settings) -> Iterator[Callable[[], subprocess.Popen[str]]]:
    """Starts `redrabbit worker` on the same database."""
    started: list[subprocess.Popen[str]] = []
    environment = {**os.environ, "REDRABBIT_DATA_DIR": str(settings.data_dir)}
    if settings.database_url:
        environment["REDRABBIT_DATABASE_URL"] = settings.database_url

    def start() -> subprocess.Popen[str]:
        command = [sys.executable, "-m", "agent.cli.main", "worker"]
        process = subprocess.Popen(command, cwd=ROOT, env=environment, stderr=subprocess.PIPE, text=True)
        started.append(process)
        assert process.stderr is not None
        assert "ready" in process.stderr.readline()
        return process

    yield start
    for process in started:
        process.kill()
        process.wait()


@pytest.fixture
def emulator() -> Iterator[Any]:
    emulation = load_emulator()
    made = emulation.Emulator(emulation.Faults(queue_s=0.01, run_s=0.01, webhook_window_s=3.0))
    server = emulation.serve(made)
    yield made
    server.shutdown()
    server.server_close()


@pytest.fixture
def account(settings: Settings, emulator: Any) -> Settings:
    """Settings that reach the emulator, without a webhook."""
    changes = {"fal_key": SecretStr("id:secret"), "fal_url": emulator.url, "fal_poll_s": 0.1}
    return settings.model_copy(update=changes)


@pytest.fixture
def delivered(account: Settings) -> Iterator[Settings]:
    """The same, with a server that takes webhooks."""
    import uvicorn

    from agent.api.app import create_app

    app = create_app(account, work=False, page=False)
    server = uvicorn.Server(uvicorn.Config(app, port=0, log_level="error", lifespan="off"))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.02)
    port = server.servers[0].sockets[0].getsockname()[1]
    yield account.model_copy(update={"fal_webhook_url": f"http://127.0.0.1:{port}", "fal_poll_s": 60.0})
    server.should_exit = True
    thread.join()


def eventually(condition: Callable[[], bool], seconds: float = 30.0) -> None:
    """Wait until something is true."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it did not happen in time"
        time.sleep(0.05)
