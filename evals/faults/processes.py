"""The API, the workers and the emulator as processes of their own, which can be killed and are started again."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from evals.common import ROOT

EMULATOR = ROOT / "tests" / "live" / "fal_emulator.py"


@dataclass
class Managed:
    """One process that is started again whenever it was killed."""

    name: str
    command: list[str]
    environment: dict[str, str]
    log: Path
    kills: int = 0
    process: subprocess.Popen[bytes] | None = field(default=None, repr=False)

    def start(self) -> None:
        """Start it; its output goes to the log."""
        with self.log.open("ab") as stream:
            self.process = subprocess.Popen(
                self.command, cwd=ROOT, env=self.environment, stdin=subprocess.DEVNULL, stdout=stream, stderr=stream
            )

    def kill(self) -> None:
        """SIGKILL, and start it again at once."""
        assert self.process is not None
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()
        self.kills += 1
        self.start()

    @property
    def died(self) -> bool:
        """True when it ended by itself."""
        return self.process is not None and self.process.poll() is not None

    def stop(self) -> None:
        """End it for good."""
        if self.process is not None and self.process.poll() is None:
            self.process.kill()
            self.process.wait()


class Emulator:
    """The emulator of fal.ai, which nobody kills: its memory is the bill."""

    def __init__(self, faults: dict[str, float], seed: int, log: Path) -> None:
        """Start it and learn its address."""
        command = [sys.executable, str(EMULATOR), "--seed", str(seed), "--faults", json.dumps(faults)]
        with log.open("ab") as stream:
            self._process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=stream, text=True)
        assert self._process.stdout is not None
        self.url = self._process.stdout.readline().strip()

    def bill(self) -> dict[str, Any]:
        """What was accepted and what is paid for."""
        import httpx

        document: dict[str, Any] = httpx.get(f"{self.url}/_bill", timeout=30).json()
        return document

    def stop(self) -> None:
        """End it."""
        self._process.kill()
        self._process.wait()


def environment(database_url: str | None, data_dir: Path, **more: str) -> dict[str, str]:
    """The environment of our processes: one thread each, so that several share the cores."""
    threads = dict.fromkeys(("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS"), "1")
    values = {"REDRABBIT_DATA_DIR": str(data_dir), **more}
    if database_url:
        values["REDRABBIT_DATABASE_URL"] = database_url
    return {**os.environ, **threads, **values}


def redrabbit(*arguments: str) -> list[str]:
    """A command line of ours."""
    return [sys.executable, "-m", "agent.cli.main", *arguments]


def wait_until_ready(url: str, seconds: float = 300.0) -> None:
    """Wait until an API answers that it can work.

    Raises:
        TimeoutError: it does not.
    """
    import httpx

    end = time.monotonic() + seconds
    while time.monotonic() < end:
        try:
            if httpx.get(f"{url}/v1/ready", timeout=5).status_code == 200:
                return
        except httpx.HTTPError:
            pass
        time.sleep(0.3)
    raise TimeoutError(f"{url} was not ready within {seconds:g} s")
