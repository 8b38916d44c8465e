"""The job that does nothing, visibly: for tests, for a health check, for measuring the queue."""

from __future__ import annotations

import time
from typing import Any

from agent.jobs.durable import step, workflow
from agent.jobs.kinds import ProbeArguments
from agent.jobs.work import Work
from tools.errors import RedRabbitError


class ProbeError(RedRabbitError):
    """The failure that was asked for."""


@workflow("probe")
def probe(arguments: dict[str, Any]) -> dict[str, Any]:
    """Run its steps one after the other."""
    wanted = ProbeArguments.model_validate(arguments)
    done = [_one(arguments, number) for number in range(wanted.steps)]
    return {"steps": len(done), "name": wanted.name}


@step("probe.one")
def _one(arguments: dict[str, Any], number: int) -> int:
    wanted = ProbeArguments.model_validate(arguments)
    work = Work()
    work.progress(number, wanted.steps, f"step {number + 1} of {wanted.steps}")
    end = time.monotonic() + wanted.seconds_per_step
    while time.monotonic() < end:
        work.check()
        time.sleep(0.02)
    if wanted.fail_with:
        raise ProbeError(wanted.fail_with)
    if wanted.trace is not None:
        with wanted.trace.open("a") as stream:
            stream.write(f"{work.job_id} {number}\n")
    return number
