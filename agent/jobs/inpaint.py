"""The job that asks fal.ai for one picture: `tools.generation.fal` with the ledger; `sculpt` then finds it there."""

from __future__ import annotations

from typing import Any

from agent.jobs.durable import step, workflow
from agent.jobs.kinds import InpaintArguments
from agent.jobs.work import Work


@workflow("inpaint")
def inpaint(arguments: dict[str, Any]) -> dict[str, Any]:
    """Get one picture that shows the defect."""
    return _paint(arguments)


@step("inpaint.paint")
def _paint(arguments: dict[str, Any]) -> dict[str, Any]:
    """Safe to repeat: the ledger knows which requests were sent, and the file store has their bytes."""
    from agent.jobs.fal import LedgerAsk, options_of
    from tools.generation.errors import BlueprintDoesNotFitError
    from tools.generation.fal import Connection, FalGenerator
    from tools.vision.images import load_image

    wanted, work = InpaintArguments.model_validate(arguments), Work()
    ask = LedgerAsk(work.settings, wanted.paid_by, wanted.spend_usd, work)
    generator = FalGenerator(Connection(ask, options_of(work.settings)))
    misfit = ""
    for photo in wanted.photos:
        try:
            made = generator.generate(wanted.blueprint, load_image(photo), wanted.seed)
        except BlueprintDoesNotFitError as error:
            misfit = str(error)
            continue
        return {"request": made.parameters["request"], "refused": made.parameters["answers_refused"]}
    raise BlueprintDoesNotFitError(f"it fits none of {len(wanted.photos)} photos; {misfit}")
