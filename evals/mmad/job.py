"""The job that asks the questions of one shard: durable, stoppable, and taken up where it was."""

from __future__ import annotations

from typing import Any

from agent.jobs.durable import step, workflow
from agent.jobs.work import Work


@workflow("mmad")
def mmad(arguments: dict[str, Any]) -> dict[str, Any]:
    """Ask and score one shard."""
    return _ask(arguments)


@step("mmad.ask")
def _ask(arguments: dict[str, Any]) -> dict[str, Any]:
    from evals.mmad.layout import read_questions
    from evals.mmad.runs import Wanted

    wanted, work = Wanted.model_validate(arguments["run"]), Work()
    questions = read_questions(wanted.root, wanted.knowledge)
    task = wanted.task(questions, wanted.protocol.condition, wanted.out)
    task.detectors_folder = wanted.out.parent / "detectors"
    summary = task.run(progress=work.progress, should_stop=work.should_stop)
    work.check()
    return {"out": str(wanted.out), "n_questions": summary["n_questions"], "official": summary["official"]["average"]}
