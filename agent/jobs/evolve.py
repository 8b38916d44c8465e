"""The job that evolves a Blueprint: `tools.evolution.automatic`, then the new version in the store.

It resumes by itself: evaluations and replies that were made are read from the run's folder.
"""

from __future__ import annotations

from typing import Any

from agent.jobs.durable import step, workflow
from agent.jobs.kinds import EvolveArguments
from agent.jobs.work import Work


@workflow("evolve")
def evolve(arguments: dict[str, Any]) -> dict[str, Any]:
    """Evolve and record a Blueprint."""
    return _record(arguments, _evolve(arguments))


@step("evolve.evolve")
def _evolve(arguments: dict[str, Any]) -> dict[str, Any]:
    from agent.models.ask import asker
    from tools.evolution.automatic import evolve_blueprint
    from tools.evolution.engine import Budget
    from tools.scoring.agreement import agreement_for

    wanted, work = EvolveArguments.model_validate(arguments), Work(0.0, 0.98)
    usd = wanted.usd
    if wanted.generator == "fal":
        from agent.jobs.fal import connect

        usd = work.settings.fal_usd_per_job if usd is None else usd
        connect(work.settings, work.job_id, usd, work)
    made = evolve_blueprint(
        wanted.blueprint,
        wanted.good,
        work.folder("evolutions", wanted.out),
        budget=Budget(wanted.evaluations, wanted.accept, wanted.seconds, usd),
        references=wanted.references,
        generator=wanted.generator,
        extra=agreement_for(work.settings.backbone),
        ask=asker(work.settings),
        seed=wanted.seed,
        progress=work.progress,
        should_stop=work.should_stop,
    )
    work.check()
    return made.as_document()


@step("evolve.record")
def _record(arguments: dict[str, Any], made: dict[str, Any]) -> dict[str, Any]:
    from agent.store.repository import open_store
    from tools.blueprint.model import Blueprint

    wanted, work = EvolveArguments.model_validate(arguments), Work(0.98, 1.0)
    store = open_store(work.settings)
    # The job's id, so that a second run of this step finds the Blueprint of the first.
    row = store.save_blueprint(
        Blueprint.model_validate(made["blueprint"]),
        blueprint_id=work.job_id,
        conversation_id=work.conversation(wanted.conversation_id, store),
    )
    return {"blueprint_version_id": row.id, **made}
