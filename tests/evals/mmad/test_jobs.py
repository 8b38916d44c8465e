"""Shards as durable jobs on the queue."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from agent.jobs import client
from agent.settings import get_settings
from evals.mmad.layout import read_questions
from evals.mmad.protocol import Protocol
from evals.mmad.runs import Wanted, run_conditions
from evals.mmad.task import Task


def test_a_run_as_jobs_is_the_same_as_a_run_here(
    small_set: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("REDRABBIT_DATA_DIR", str(tmp_path / "data"))
    get_settings.cache_clear()
    wanted = Wanted(root=small_set, out=tmp_path / "jobs", answerer="random", protocol=Protocol(seed=4))
    try:
        found = run_conditions(wanted, ["alone"], jobs=2)["alone"]
    finally:
        client.shutdown()
    whole = Task(read_questions(small_set), tmp_path / "here", "random", Protocol(seed=4)).run()
    for name in ("official", "micro", "strict", "n_questions"):
        assert found[name] == whole[name]
    assert json.loads((tmp_path / "jobs" / "summary.json").read_text())["asked"] == whole["asked"]
