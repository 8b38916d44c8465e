"""Runs as users ask for them: one condition or all four on the same questions, here or as durable jobs in shards."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict

from evals.mmad.layout import QuestionSet, read_questions
from evals.mmad.log import LOG, Log, read_log
from evals.mmad.protocol import Condition, Protocol, choose
from evals.mmad.task import Price, Task, write_summary
from tools.vision.images import write_atomic


class Wanted(BaseModel):
    """A run as it was asked for; JSON values, so that a job can carry it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    root: Path
    out: Path
    answerer: str = "offline"
    protocol: Protocol = Protocol()
    bundle: Path | None = None
    detector: str = "patchcore"
    knowledge: Path | None = None
    examples: tuple[str, ...] = ()
    price_in: float = 0.0
    price_out: float = 0.0
    fresh: bool = False

    def task(self, questions: QuestionSet, condition: Condition, out: Path) -> Task:
        """The task of one condition."""
        return Task(
            questions=questions,
            out=out,
            answerer=self.answerer,
            protocol=self.protocol.model_copy(update={"condition": condition}),
            bundle=self.bundle,
            detector=self.detector,
            examples=self.examples,
            price=Price(self.price_in, self.price_out),
            detectors_folder=self.out / "detectors",
            fresh=self.fresh,
        )


def run_conditions(wanted: Wanted, conditions: Sequence[Condition], *, jobs: int = 0) -> dict[str, dict[str, Any]]:
    """Run one or more conditions; several get a folder each below `out`.

    Args:
        wanted: the run.
        conditions: of `CONDITIONS`.
        jobs: number of durable jobs a condition; 0 runs here.

    Returns:
        Condition → summary.
    """
    questions = read_questions(wanted.root, wanted.knowledge)
    if questions.missing_images:
        print(
            f"{len(questions.missing_images)} images are not there, such as {questions.missing_images[0]}",
            file=sys.stderr,
        )
    found: dict[str, dict[str, Any]] = {}
    for condition in conditions:
        out = wanted.out if len(conditions) == 1 else wanted.out / condition
        found[condition] = (
            _as_jobs(wanted, questions, condition, out, jobs) if jobs else _here(wanted.task(questions, condition, out))
        )
    if len(conditions) > 1:
        write_atomic(wanted.out / "conditions.json", json.dumps(found, indent=2).encode())
    return found


def _here(task: Task) -> dict[str, Any]:
    """Run with a progress bar on a terminal."""
    from agent.cli.progress import progress_bar

    with progress_bar("questions") as report:
        return task.run(progress=lambda done, total, key: report(done, total, key.rpartition("/")[2]))


def _as_jobs(wanted: Wanted, questions: QuestionSet, condition: Condition, out: Path, jobs: int) -> dict[str, Any]:
    """Run as `jobs` durable jobs on the queue, each with the products of its shard, and put the logs together."""
    from agent.jobs import client
    from agent.settings import get_settings

    protocol = wanted.protocol.model_copy(update={"condition": condition})
    client.launch(get_settings())
    try:
        started = []
        for shard in range(jobs):
            part = wanted.model_copy(
                update={
                    "root": wanted.root.resolve(),
                    "out": (out / f"shard-{shard + 1}").resolve(),
                    "protocol": protocol.model_copy(update={"shard": shard, "shards": jobs}),
                }
            )
            if choose(questions, part.protocol):
                started.append((part.out, client.start("mmad", {"run": part.model_dump(mode="json")})))
        for place, job in started:
            done = client.wait(job, timeout_s=7 * 24 * 3600)
            if done.state != "done":
                from evals.mmad.errors import MmadError

                raise MmadError(f"the job of {place.name} {done.state}: {done.error or 'no reason given'}")
    finally:
        client.shutdown()
    return merge(wanted.task(questions, condition, out), [place for place, _ in started])


def merge(task: Task, shards: Sequence[Path]) -> dict[str, Any]:
    """One log and one summary from the logs of shards."""
    lines = {line["id"]: line for shard in shards for line in read_log(shard)}
    order = [item.identity(index) for item, take in choose(task.questions, task.protocol) for index in range(take)]
    notes: dict[str, str] = {}
    for shard in shards:
        notes.update(json.loads((shard / "summary.json").read_text(encoding="utf-8"))["detectors"])
    (task.out / LOG).unlink(missing_ok=True)
    with Log(task.out, task.about(), fresh=True) as log:
        for identity in order:
            if identity in lines:
                log.add(lines[identity])
        kept = list(log.done.values())
    return write_summary(task.out, kept, {**task.facts(len(order)), "detectors": notes})
