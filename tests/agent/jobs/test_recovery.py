"""Workers that die: their jobs finish all the same, and nothing is done twice."""

from __future__ import annotations

import signal
import subprocess
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest

from agent.jobs import client
from agent.settings import Settings

from .conftest import eventually

pytestmark = pytest.mark.slow
Start = Callable[[], "subprocess.Popen[str]"]


def lines(trace: Path) -> list[str]:
    return trace.read_text().splitlines() if trace.exists() else []


def test_a_killed_workers_job_is_finished_by_another(watching: Settings, start_worker: Start, tmp_path: Path) -> None:
    trace = tmp_path / "trace"
    first = start_worker()
    job_id = client.start("probe", {"steps": 8, "seconds_per_step": 0.4, "trace": str(trace)})
    eventually(lambda: len(lines(trace)) >= 2)
    first.send_signal(signal.SIGKILL)
    first.wait()
    assert client.status(job_id).state == "running"
    start_worker()
    assert client.wait(job_id, 60).state == "done"
    counts = Counter(lines(trace))
    assert set(counts) == {f"{job_id} {number}" for number in range(8)}
    # A step is recorded after it returned, so the one in flight at the kill may run again; no other may.
    assert counts.total() <= 8 + 1


def test_a_living_workers_job_is_left_alone(watching: Settings, start_worker: Start, tmp_path: Path) -> None:
    trace = tmp_path / "trace"
    start_worker()
    job_id = client.start("probe", {"steps": 12, "seconds_per_step": 0.4, "trace": str(trace)})
    eventually(lambda: len(lines(trace)) >= 1)
    start_worker()
    assert client.wait(job_id, 60).state == "done"
    assert max(Counter(lines(trace)).values()) == 1


def test_a_worker_that_is_asked_to_stop_leaves_its_job_to_the_next(
    watching: Settings, start_worker: Start, tmp_path: Path
) -> None:
    trace = tmp_path / "trace"
    first = start_worker()
    job_id = client.start("probe", {"steps": 6, "seconds_per_step": 0.4, "trace": str(trace)})
    eventually(lambda: len(lines(trace)) >= 1)
    first.terminate()
    assert first.wait(20) == 0
    start_worker()
    assert client.wait(job_id, 60).state == "done"
    assert len(set(lines(trace))) == 6
