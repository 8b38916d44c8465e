"""The job that makes a data set: `tools.datasets.sculpt`, then its record in the store.

Sculpting resumes by itself: a step that was cut off goes on with the images that are not there yet. With the generator
`fal` a job an image asks for its picture first, on a queue of their own; sculpting then finds them all in the ledger.
"""

from __future__ import annotations

import time
from typing import Any

from dbos import DBOS

from agent.jobs.durable import step, workflow
from agent.jobs.kinds import SculptArguments, get_kind
from agent.jobs.status import OPEN
from agent.jobs.work import PROGRESS_EVENT, Work

FAL_SHARE = 0.9
"""Of the job's progress, where pictures come from fal.ai."""
LOOK_EVERY_S = 0.25


@workflow("sculpt")
def sculpt(arguments: dict[str, Any]) -> dict[str, Any]:
    """Make and record a data set."""
    if arguments.get("generator") == "fal":
        _ask_for_all(_plan(arguments))
    return _record(arguments, _make(arguments))


@step("sculpt.plan")
def _plan(arguments: dict[str, Any]) -> list[dict[str, Any]]:
    """The arguments of a job an image."""
    from agent.jobs.fal import connect
    from tools.datasets.sculpt import plan

    wanted, work = SculptArguments.model_validate(arguments), Work()
    connect(work.settings, work.job_id, wanted.spend_usd, work)
    planned = plan(
        wanted.blueprint,
        wanted.good,
        work.folder("datasets", wanted.out),
        count=wanted.count,
        seed=wanted.seed,
        layout=wanted.layout,
        generator=wanted.generator,
    )
    return [
        {
            "blueprint": each.blueprint.model_dump(mode="json"),
            "photos": [str(path) for path in each.photos],
            "seed": each.seed,
            "paid_by": work.job_id,
            "spend_usd": wanted.spend_usd,
            "conversation_id": wanted.conversation_id,
        }
        for each in planned
    ]


def _ask_for_all(planned: list[dict[str, Any]]) -> None:
    """Start a job an image and wait for all; a second run after a crash finds the same jobs under the same ids."""
    parent, kind = DBOS.workflow_id, get_kind("inpaint")
    handles = [
        DBOS.enqueue_workflow_with_options(
            {
                "workflow_name": kind.name,
                "queue_name": kind.queue,
                "workflow_id": f"{parent}-{index}",
                "workflow_timeout": kind.deadline_s,
                "attributes": {"conversation_id": arguments["conversation_id"], "parent": parent},
            },
            arguments,
        )
        for index, arguments in enumerate(planned)
    ]
    for done, handle in enumerate(handles, start=1):
        _wait(handle.get_workflow_id())
        handle.get_result()
        message = f"picture {done} of {len(handles)} from fal.ai"
        DBOS.set_event(PROGRESS_EVENT, {"fraction": FAL_SHARE * done / len(handles), "message": message})


@step("sculpt.wait")
def _wait(job_id: str) -> None:
    """Until another job has ended; DBOS's own waiting would go on after this process was told to end."""
    work = Work()
    while (status := DBOS.get_workflow_status(job_id)) is not None and status.status in OPEN:
        work.check()
        time.sleep(LOOK_EVERY_S)


@step("sculpt.make")
def _make(arguments: dict[str, Any]) -> dict[str, Any]:
    from tools.datasets.sculpt import sculpt as make

    wanted = SculptArguments.model_validate(arguments)
    work = Work(FAL_SHARE if wanted.generator == "fal" else 0.0, 0.98)
    if wanted.generator == "fal":
        from agent.jobs.fal import connect

        connect(work.settings, work.job_id, wanted.spend_usd, work)
    made = make(
        wanted.blueprint,
        wanted.good,
        work.folder("datasets", wanted.out),
        count=wanted.count,
        seed=wanted.seed,
        layout=wanted.layout,
        generator=wanted.generator,
        progress=work.progress,
        should_stop=work.should_stop,
    )
    work.check()
    return {
        "path": str(made.root),
        "n_images": made.n_images,
        "skipped": list(made.skipped),
        "card": str(made.card),
        "contact_sheet": str(made.contact_sheet),
    }


@step("sculpt.record")
def _record(arguments: dict[str, Any], made: dict[str, Any]) -> dict[str, Any]:
    from agent.store.datasets import DatasetRow
    from agent.store.repository import open_store

    wanted, work = SculptArguments.model_validate(arguments), Work(0.98, 1.0)
    store = open_store(work.settings)
    version_id = wanted.blueprint_version_id
    if version_id is None:
        # The job's id, so that a second run of this step finds the Blueprint of the first.
        kept = store.save_blueprint(wanted.blueprint, blueprint_id=work.job_id)
        version_id = kept.id
    facts: dict[str, Any] = {
        "skipped": made["skipped"],
        "generator": wanted.generator,
        "good": len(wanted.good),
    }
    if wanted.generator == "fal":
        facts["spent_usd"] = round(store.spent_usd(job_id=work.job_id), 4)
    row = store.save_dataset(
        DatasetRow(
            name=wanted.name or wanted.blueprint.defect_type or "data set",
            path=made["path"],
            layout=wanted.layout,
            n_images=made["n_images"],
            blueprint_version_id=version_id,
            seed=wanted.seed,
            job_id=work.job_id,
            conversation_id=work.conversation(wanted.conversation_id, store),
            facts=facts,
        )
    )
    return {"dataset_id": row.id, **made, **({"spent_usd": facts["spent_usd"]} if "spent_usd" in facts else {})}
