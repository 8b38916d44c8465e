"""`POST /v1/segment` under load: 200 requests at once on a server of its own, then thousands in a row.

The client is many threads of plain HTTP; the server a process whose memory is read from /proc.
"""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import numpy as np

AT_ONCE = 200
START_S = 120.0
RETRIES = 400
STEADY = 8
"""Clients of the long run."""


def run_load(data_dir: Path, photo: bytes, *, requests: int, say: Callable[[str], None]) -> dict[str, Any]:
    """Answers, latencies and memory.

    Args:
        data_dir: with an exported model in its library.
        photo: an image file.
        requests: of the long run.
        say: gets lines of progress.
    """
    with _server(data_dir) as (url, pid):
        _send(url, photo)  # the model is opened once, as at the start of a shift
        burst = _burst(url, photo)
        say(f"{AT_ONCE} at once: {burst['answers']}, p95 {burst['p95_ms']:.0f} ms")
        steady = _steady(url, photo, pid, requests, say)
    return {"burst": burst, "steady": steady}


def _burst(url: str, photo: bytes) -> dict[str, Any]:
    """Everybody at the same moment; who is told to come back does, after the time that was named."""
    with ThreadPoolExecutor(AT_ONCE) as clients:
        first = list(clients.map(lambda _: _send(url, photo), range(AT_ONCE)))
        started = time.monotonic()
        waits = list(clients.map(lambda _: _until_served(url, photo), range(AT_ONCE)))
        took = time.monotonic() - started
    accepted = [seconds for status, seconds, _ in first if status == 200]
    refused = [retry for status, _, retry in first if status == 503]
    return {
        "requests": AT_ONCE,
        "answers": {str(status): count for status, count in Counter(status for status, _, _ in first).items()},
        "errors_other_than_503": sum(status not in (200, 503) for status, _, _ in first),
        "refused_without_retry_after": sum(retry is None for retry in refused),
        "p50_ms": _percentile(accepted, 50),
        "p95_ms": _percentile(accepted, 95),
        "all_served_after_retries": all(waits),
        "all_served_seconds": round(took, 2),
    }


def _steady(url: str, photo: bytes, pid: int, requests: int, say: Callable[[str], None]) -> dict[str, Any]:
    """A few clients without a pause; memory after every tenth part."""
    times: list[float] = []
    memory: list[float] = []
    statuses: Counter[int] = Counter()
    tenth = max(1, requests // 10)
    with ThreadPoolExecutor(STEADY) as clients:
        for part in range(10):
            for status, seconds, _ in clients.map(lambda _: _send(url, photo), range(tenth)):
                statuses[status] += 1
                times.append(seconds)
            memory.append(round(_resident_mb(pid), 1))
            say(f"{(part + 1) * tenth} of {tenth * 10} requests, {memory[-1]:.0f} MB")
    return {
        "requests": len(times),
        "clients": STEADY,
        "answers": {str(status): count for status, count in statuses.items()},
        "p50_ms": _percentile(times, 50),
        "p95_ms": _percentile(times, 95),
        "per_second": round(len(times) / max(1e-9, sum(times) / STEADY), 1),
        "memory_mb": memory,
        "memory_growth_mb": round(memory[-1] - memory[1], 1),
    }


def _percentile(seconds: list[float], share: float) -> float:
    return round(float(np.percentile(seconds, share)) * 1e3, 1) if seconds else float("nan")


def _send(url: str, photo: bytes) -> tuple[int, float, str | None]:
    """Status (0 where the connection failed), seconds, and Retry-After."""
    started = time.monotonic()
    try:
        answer = httpx.post(f"{url}/v1/segment", content=photo, headers={"content-type": "image/png"}, timeout=120)
    except httpx.HTTPError:
        return 0, time.monotonic() - started, None
    return answer.status_code, time.monotonic() - started, answer.headers.get("retry-after")


def _until_served(url: str, photo: bytes) -> bool:
    for _ in range(RETRIES):
        status, _, retry = _send(url, photo)
        if status != 503:
            return status == 200
        time.sleep(min(float(retry or 1), 1.0) * 0.5)
    return False


def _resident_mb(pid: int) -> float:
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS"):
            return int(line.split()[1]) / 1024
    return float("nan")


@contextmanager
def _server(data_dir: Path) -> Iterator[tuple[str, int]]:
    """A server process with this data folder: its address and process id."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    code = (
        "import uvicorn, sys; from pathlib import Path; from agent.api.app import create_app; "
        "from agent.settings import Settings; "
        f"settings = Settings(data_dir=Path({str(data_dir)!r})); "
        "app = create_app(settings, work=False, page=False); "
        f"uvicorn.run(app, host='127.0.0.1', port={port}, log_level='warning', backlog=1024)"
    )
    # glibc gives every thread its own heap by default, whose free pages it keeps.
    environment = {**os.environ, "MALLOC_ARENA_MAX": "2"}
    server = subprocess.Popen([sys.executable, "-c", code], env=environment)
    url = f"http://127.0.0.1:{port}"
    try:
        _wait(url, server)
        yield url, server.pid
    finally:
        server.terminate()
        try:
            server.wait(20)
        except subprocess.TimeoutExpired:
            server.kill()


def _wait(url: str, server: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + START_S
    while time.monotonic() < deadline:
        try:
            if httpx.get(f"{url}/v1/segment/models", timeout=5).status_code == 200:
                return
        except httpx.HTTPError:
            time.sleep(0.3)
        if server.poll() is not None:
            break
    raise RuntimeError("the server did not start")
