"""`redrabbit serve` as a process: it opens at once, refuses to stand open, stops when told."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest

from .conftest import ROOT, Server

pytestmark = pytest.mark.slow


def test_it_opens_serves_and_stops(start_server: Callable[..., Server]) -> None:
    began = time.monotonic()
    server = start_server()
    assert httpx.get(f"{server.url}/v1/health", timeout=30).json() == {"status": "ok"}
    opened = time.monotonic() - began
    first = httpx.get(server.url, timeout=30)
    assert first.status_code == 200
    assert "Red Rabbit" in first.text
    assert "frame-ancestors 'none'" in first.headers["content-security-policy"]
    assert opened < 60, f"{opened:.1f} s until the first answer"
    server.wait_for_page()
    assert server.stop() == 0
    assert "Traceback" not in "".join(server.lines)


def command(data_dir: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "REDRABBIT_DATA_DIR": str(data_dir)}
    full = [sys.executable, "-m", "agent.cli.main", *arguments]
    return subprocess.run(full, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=60, check=False)


def test_it_refuses_to_stand_open(tmp_path: Path) -> None:
    refused = command(tmp_path, "serve", "--host", "0.0.0.0", "--port", "0")
    assert refused.returncode == 1
    assert refused.stderr.startswith("redrabbit: refusing to listen on 0.0.0.0 without authentication")
    assert len(refused.stderr.splitlines()) == 1


def test_an_address_that_is_taken_is_one_sentence(start_server: Callable[..., Server], tmp_path: Path) -> None:
    server = start_server("--no-page", "--no-work")
    refused = command(tmp_path, "serve", "--port", server.url.rsplit(":", 1)[1])
    assert refused.returncode == 1
    assert "try --port 0" in refused.stderr


def test_keys_from_the_command_line(tmp_path: Path) -> None:
    made = command(tmp_path, "keys", "create", "line 3", "--scope", "read")
    assert made.returncode == 0
    assert made.stdout.startswith("rr_")
    listed = command(tmp_path, "keys", "list")
    assert "line 3" in listed.stdout
    assert made.stdout.strip() not in listed.stdout
    assert command(tmp_path, "keys", "revoke", made.stdout[3:11]).returncode == 0
    assert "revoked" in command(tmp_path, "keys", "list").stdout
    assert command(tmp_path, "keys", "create", "x", "--scope", "all").returncode == 2
