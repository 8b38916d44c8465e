"""The job that fits a detector: `tools.detection.fit`, then its record in the store."""

from __future__ import annotations

from typing import Any

from agent.jobs.durable import step, workflow
from agent.jobs.kinds import FitArguments
from agent.jobs.work import Work


@workflow("fit")
def fit(arguments: dict[str, Any]) -> dict[str, Any]:
    """Fit and record a detector."""
    return _record(arguments, _fit(arguments))


@step("fit.fit")
def _fit(arguments: dict[str, Any]) -> dict[str, Any]:
    from tools.detection.config import InspectConfig
    from tools.detection.fit import StoppedError, fit_bundle

    wanted, work = FitArguments.model_validate(arguments), Work(0.0, 0.98)
    folder = work.folder("bundles", wanted.out)
    try:
        bundle = fit_bundle(
            wanted.good,
            folder,
            detector=wanted.detector,
            backbone=wanted.backbone or work.settings.backbone,
            seed=wanted.seed,
            config=InspectConfig(mm_per_px=wanted.mm_per_px),
            options=wanted.options,
            progress=work.progress,
            should_stop=work.should_stop,
        )
    except StoppedError:
        work.check()
        raise
    calibration = bundle.calibration
    return {
        "path": str(folder),
        "detector": wanted.detector,
        "backbone": bundle.manifest.backbone or "",
        "bundle_id": bundle.bundle_id,
        "score_threshold": calibration.score_threshold,
        "guarantee_met": calibration.guarantee_met,
        "n_good": bundle.manifest.good.count,
        "skipped": list(bundle.manifest.good.skipped),
    }


@step("fit.record")
def _record(arguments: dict[str, Any], made: dict[str, Any]) -> dict[str, Any]:
    from agent.store.detectors import DetectorRow
    from agent.store.repository import open_store

    wanted, work = FitArguments.model_validate(arguments), Work(0.98, 1.0)
    store = open_store(work.settings)
    row = store.save_detector(
        DetectorRow(
            name=wanted.name or f"{wanted.detector} on {made['n_good']} good photos",
            kind=wanted.detector,
            backbone=made["backbone"],
            path=made["path"],
            score_threshold=made["score_threshold"],
            n_good=made["n_good"],
            part=wanted.part,
            seed=wanted.seed,
            job_id=work.job_id,
            conversation_id=work.conversation(wanted.conversation_id, store),
            facts={key: made[key] for key in ("bundle_id", "guarantee_met", "skipped")},
        )
    )
    return {"detector_id": row.id, **made}
