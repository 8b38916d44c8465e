"""A real server in a process of its own, on a free port of this machine."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest

ROOT = Path(__file__).resolve().parents[2]
CHROMIUM = Path(os.environ.get("REDRABBIT_CHROMIUM", "/usr/bin/chromium"))
CHROMIUM_ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]


class Server:
    """`redrabbit serve`, its address and what it wrote."""

    def __init__(self, data_dir: Path, *arguments: str) -> None:
        environment = {**os.environ, "REDRABBIT_DATA_DIR": str(data_dir)}
        self.process = subprocess.Popen(
            [sys.executable, "-m", "agent.cli.main", "serve", "--port", "0", *arguments],
            cwd=ROOT,
            env=environment,
            stderr=subprocess.PIPE,
            text=True,
        )
        self.lines: list[str] = []
        self.url = self._address()
        threading.Thread(target=self._drain, daemon=True).start()

    def _address(self) -> str:
        assert self.process.stderr is not None
        for line in self.process.stderr:
            self.lines.append(line)
            if found := re.search(r"http://\S+", line):
                return found[0]
        raise AssertionError("the server did not start:\n" + "".join(self.lines))

    def _drain(self) -> None:
        assert self.process.stderr is not None
        self.lines.extend(self.process.stderr)

    def wait_for_page(self, seconds: float = 120.0) -> None:
        """Until the page itself, not its splash, is served."""
        import time

        end = time.monotonic() + seconds
        while "gradio" not in httpx.get(self.url, timeout=30).text:
            assert time.monotonic() < end, "".join(self.lines)
            time.sleep(0.3)

    def stop(self) -> int:
        """Ask it to stop; its exit code."""
        self.process.terminate()
        try:
            return self.process.wait(20)
        except subprocess.TimeoutExpired:
            self.process.kill()
            raise


@pytest.fixture
def start_server(tmp_path: Path) -> Iterator[Callable[..., Server]]:
    """Starts servers on the test's own data folder."""
    started: list[Server] = []

    def start(*arguments: str) -> Server:
        server = Server(tmp_path / "data", *arguments)
        started.append(server)
        return server

    yield start
    for server in started:
        server.process.kill()
        server.process.wait()
