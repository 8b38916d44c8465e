"""A step that is mostly over before anybody looks says nothing and asks nothing, until it is not over."""

from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from agent.jobs import inspect as inspecting
from agent.jobs import work as working
from agent.jobs.errors import JobCancelledError
from agent.jobs.work import Work


class FakeDbos:
    """What Work asks of DBOS."""

    workflow_id = "job"

    def __init__(self) -> None:
        self.said: list[tuple[float, str]] = []
        self.asked = 0
        self.status = "PENDING"

    def set_event(self, _name: str, value: dict[str, Any]) -> None:
        self.said.append((value["fraction"], value["message"]))

    def get_workflow_status(self, _job_id: str) -> Any:
        self.asked += 1
        return SimpleNamespace(status=self.status)


@pytest.fixture
def dbos(monkeypatch: pytest.MonkeyPatch) -> FakeDbos:
    fake = FakeDbos()
    monkeypatch.setattr(working, "DBOS", fake)
    monkeypatch.setattr(working, "stopping", threading.Event())  # an engine that went down before leaves it set
    return fake


def test_a_short_step_is_silent(dbos: FakeDbos) -> None:
    work = Work(short=True)
    work.progress(0, 1, "begin")
    assert not work.should_stop()
    work.progress(1, 1, "end")
    work.check()
    assert (dbos.said, dbos.asked) == ([], 0)
    work.progress(0, 1, "loading", at_once=True)
    assert dbos.said == [(0.0, "loading")]


def test_a_short_step_that_lasts_speaks_and_can_be_cancelled(dbos: FakeDbos, monkeypatch: pytest.MonkeyPatch) -> None:
    now = time.monotonic()
    monkeypatch.setattr(working.time, "monotonic", lambda: now)
    work = Work(short=True)
    now += 1.0
    work.progress(1, 4, "a quarter")
    now += 0.01
    work.progress(2, 4, "too soon")
    work.progress(4, 4, "end")
    assert dbos.said == [(0.25, "a quarter"), (1.0, "end")]
    dbos.status = "CANCELLED"
    assert work.should_stop()
    with pytest.raises(JobCancelledError):
        work.check()


def test_jobs_that_ask_for_a_bundle_together_load_it_once(dbos: FakeDbos, monkeypatch: pytest.MonkeyPatch) -> None:
    loaded, lock = [], threading.Lock()

    def load(path: Path) -> object:
        time.sleep(0.05)
        with lock:
            loaded.append(path)
        return object()

    monkeypatch.setattr("tools.detection.bundle.Bundle.load", load)
    monkeypatch.setattr(inspecting, "_open", type(inspecting._open)())
    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(lambda _: inspecting._load(Path("/nowhere"), Work(short=True)), range(4)))
    assert len(loaded) == 1
    assert len({id(one) for one in found}) == 1
    for number in range(inspecting.BUNDLES_OPEN):
        inspecting._load(Path(f"/other/{number}"), Work(short=True))
    assert len(inspecting._open) == inspecting.BUNDLES_OPEN
