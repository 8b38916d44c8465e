"""The job that tunes a Blueprint's look to photos of the real defect: `tools.calibration`.

A step that was cut off goes on at the iteration where it was; a cancelled job keeps what was finished.
"""

from __future__ import annotations

from typing import Any

from agent.jobs.durable import step, workflow
from agent.jobs.kinds import CalibrateArguments
from agent.jobs.work import Work


@workflow("calibrate")
def calibrate(arguments: dict[str, Any]) -> dict[str, Any]:
    """Match photos."""
    return _match(arguments)


@step("calibrate.match")
def _match(arguments: dict[str, Any]) -> dict[str, Any]:
    from tools.calibration.given import match_photos, style_of
    from tools.vision.backbone import get_backbone

    wanted, work = CalibrateArguments.model_validate(arguments), Work()
    folder = work.folder("calibrations", wanted.out)
    matched = match_photos(
        wanted.blueprint,
        wanted.good,
        wanted.real,
        folder,
        embed=get_backbone(work.settings.backbone).embed,
        iterations=wanted.iterations,
        seed=wanted.seed,
        progress=work.progress,
        should_stop=work.should_stop,
    )
    work.check()
    outcome = matched.outcome
    return {
        "path": str(folder),
        "report": str(matched.report),
        "style": style_of(outcome),
        "converged": outcome.converged,
        "mmd2": outcome.mmd2,
        "threshold": outcome.threshold,
        "images": outcome.images,
    }
