"""The job that writes a report on an inspected photo: `agent.report`, then its record in the store."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from agent.jobs.durable import step, workflow
from agent.jobs.kinds import ReportArguments
from agent.jobs.work import Work


@workflow("report")
def report(arguments: dict[str, Any]) -> dict[str, Any]:
    """Write and record a report."""
    return _record(arguments, _write(arguments))


@step("report.write")
def _write(arguments: dict[str, Any]) -> dict[str, Any]:
    from agent.report.knowledge import open_index
    from agent.report.promised import promised
    from agent.report.render import save_report
    from agent.report.writer import Context, write_report
    from agent.store.repository import open_store
    from tools.detection.records import InspectionRecord
    from tools.vision.images import load_image

    wanted, work = ReportArguments.model_validate(arguments), Work(0.0, 0.95)
    store = open_store(work.settings)
    row = store.get_inspection(wanted.inspection_id)
    detector = store.get_detector(row.detector_id) if row.detector_id else None
    work.progress(1, 10, "looking up causes")
    record = InspectionRecord.model_validate(row.record)
    photo = None if record.score is None else load_image(Path(record.input))
    written = write_report(
        record,
        photo,
        language=wanted.language or work.settings.language,
        index=open_index(work.settings),
        context=Context(
            part=detector.part if detector else None, **promised(Path(detector.path) if detector else None)
        ),
    )
    work.progress(6, 10, "writing")
    files = save_report(written, work.folder("reports", wanted.out))
    return {name: str(path) for name, path in files.items()} | {"report": written.report_id, "writer": written.writer}


@step("report.record")
def _record(arguments: dict[str, Any], made: dict[str, Any]) -> dict[str, Any]:
    from agent.store.inspections import ReportRow
    from agent.store.repository import open_store

    wanted, work = ReportArguments.model_validate(arguments), Work(0.95, 1.0)
    store = open_store(work.settings)
    document = json.loads(Path(made["json"]).read_text(encoding="utf-8"))
    row = store.save_report(
        ReportRow(
            inspection_id=wanted.inspection_id,
            language=document["language"],
            writer=made["writer"],
            document=document,
            path=str(Path(made["json"]).parent),
            job_id=work.job_id,
            conversation_id=work.conversation(wanted.conversation_id, store),
        )
    )
    return {"report_id": row.id, **made}
