"""Launching: again where it failed, and never a half-launched engine."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import pytest

from agent.jobs import client, engine
from agent.jobs.errors import JobsNotRunningError
from agent.jobs.executors import SWEEP_AFTER_S, FileRegistry
from agent.settings import Settings

from .conftest import eventually


def test_a_launch_that_fails_is_tried_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from dbos import DBOS

    real, tries = DBOS.launch, []

    def launch() -> None:
        tries.append(time.monotonic())
        if len(tries) < 3:
            raise ConnectionError("the database is away")
        real()

    monkeypatch.setattr(DBOS, "launch", staticmethod(launch))
    monkeypatch.setattr(engine, "AGAIN_AFTER_S", 0.3)
    client.launch_soon(Settings(data_dir=tmp_path))
    try:
        began = time.monotonic()
        with pytest.raises(JobsNotRunningError):
            engine.current()
        assert time.monotonic() - began < 10  # whoever asks meanwhile does not wait for the next try
        eventually(lambda: len(tries) == 3)
        eventually(lambda: engine._engine is not None)
        assert client.wait(client.start("probe", {}), 30).state == "done"
    finally:
        client.shutdown()


def test_shutting_down_ends_the_tries(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: Any, **__: Any) -> None:
        raise ConnectionError("the database is away")

    monkeypatch.setattr(engine, "launch", broken)
    client.launch_soon(Settings(data_dir=tmp_path))
    time.sleep(0.1)
    began = time.monotonic()
    client.shutdown()
    assert time.monotonic() - began < 2


def test_a_new_name_is_not_swept_before_it_is_locked(tmp_path: Path) -> None:
    import os

    mine = FileRegistry(tmp_path)
    mine.hold()
    new, old = tmp_path / "starting.lock", tmp_path / "dead.lock"
    for path in (new, old):
        path.touch()
    past = time.time() - SWEEP_AFTER_S - 1
    os.utime(old, (past, past))
    mine.sweep()
    assert new.exists()
    assert not old.exists()
    mine.release()
