"""Questions about an inspected part: why this type, what to check on the machine, how it compares with earlier ones."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from pydantic import Field

from agent.events import FilesEvent, Picture, PicturesEvent
from agent.reading.photos import read_photo
from agent.state import Made
from agent.toolbelt.base import Arguments, Context, Outcome, tool
from agent.toolbelt.judged import photo_name, pick, read_records
from agent.wording import say
from tools.errors import BadInputError, RedRabbitError

if TYPE_CHECKING:
    from agent.report.explain import Answer
    from agent.report.schema import Report
    from tools.detection.records import InspectionRecord

MAX_STORED = 5000
MAX_SHOWN = 4


class ExplainArguments(Arguments):
    """What `explain_report` takes."""

    question: str = Field(min_length=2, description="the user's question, word for word")


@tool("explain_report", ExplainArguments, aside=True)
def explain_report(context: Context, question: str) -> Outcome:
    """Answer a question about the last inspection, with citations: "why is this a crack and not a scratch?",
    "what should I check on the machine?", "compare with last week"."""
    from agent.report.explain import answer
    from agent.report.knowledge import open_index

    inspection = context.part.latest("inspection")
    if inspection is None:
        raise BadInputError(say("no_inspection", context.language))
    records = read_records(inspection.path)
    report, folder = _report(context, inspection, records, question)
    found = answer(
        question,
        report,
        open_index(context.settings),
        records=records,
        earlier=_earlier(context, inspection, question),
        language=context.language,
    )
    if found is None:
        return Outcome("report_question_unclear", {"question": question})
    _show(context, found, folder)
    facts = {
        "answer": found.text,
        "records": [
            {"id": one.record_id, "title": one.title, "source": one.source, "text": one.text} for one in found.citations
        ],
        "sources": _sources(found, context.language),
        "regions": list(found.region_ids),
        "report": str(folder / "report.html"),
    }
    return Outcome("report_explained", facts)


def _report(
    context: Context, inspection: Made, records: Sequence[InspectionRecord], question: str
) -> tuple[Report, Path]:
    """The report on the part that is meant, else on the worst, and its folder; written now where there is none yet."""
    from agent.report.knowledge import open_index
    from agent.report.render import load_report, save_report
    from agent.report.writer import Context as ReportContext
    from agent.report.writer import write_report
    from agent.state import DEFAULT_PART
    from tools.vision.images import load_image

    language = context.language if context.language in ("en", "de") else "en"
    record = pick(inspection, records, read_photo(question, [photo_name(one) for one in records]), language)
    written = _written(context, inspection, record, language)
    if written is not None:
        return load_report(written / "report.json"), written
    named = None if context.part.name == DEFAULT_PART else context.part.name
    report = write_report(
        record,
        load_image(Path(record.input)) if record.error is None else None,
        language=language,
        index=open_index(context.settings),
        context=ReportContext(part=named, material=_material(context)),
    )
    folder = context.settings.data_dir / "reports" / f"{inspection.path.name}-{report.report_id}"
    save_report(report, folder, formats=("json", "html"))
    return load_report(folder / "report.json"), folder


def _written(context: Context, inspection: Made, record: InspectionRecord, language: str) -> Path | None:
    """The folder of the newest report, where it is on this photo and in this language."""
    from agent.report.render import load_report

    written = context.part.latest("report")
    if written is None or written.made_at <= inspection.made_at or not (written.path / "report.json").is_file():
        return None
    about_it = written.facts.get("image", photo_name(record)) == photo_name(record)
    return written.path if about_it and load_report(written.path / "report.json").language == language else None


def _material(context: Context) -> str | None:
    blueprint = context.part.blueprint
    return blueprint.material if blueprint else None


def _earlier(context: Context, inspection: Made, question: str) -> list[InspectionRecord]:
    """Inspections of the asked time: of this conversation's part, and of the store where they used the same bundle."""
    from agent.report.questions import period

    start, end = period(question, datetime.now(UTC))
    end = min(end, inspection.made_at)
    found = [
        record
        for made in context.part.all("inspection")
        if made.path != inspection.path and start <= made.made_at < end
        for record in _records_of(made)
    ]
    return found or _stored(context, inspection, start, end)


def _records_of(made: Made) -> list[InspectionRecord]:
    try:
        return read_records(made.path)
    except RedRabbitError:
        return []


def _stored(context: Context, inspection: Made, start: datetime, end: datetime) -> list[InspectionRecord]:
    from agent.store.repository import open_store
    from tools.detection.records import InspectionRecord

    bundles = {record.bundle for record in read_records(inspection.path)}
    rows = open_store(context.settings).list_inspections(limit=MAX_STORED)
    return [
        InspectionRecord.model_validate(row.record)
        for row in rows
        if start <= row.created_at < end and row.record.get("bundle") in bundles
    ]


def _show(context: Context, found: Answer, folder: Path) -> None:
    """What the answer stands on, to be opened: pictures of the region, and the report with the records."""
    from agent.report.render.files import PICTURES

    beside = [folder / PICTURES / Path(name).name for name in found.pictures]
    paths = [path for path in beside if path.is_file()][:MAX_SHOWN]
    if paths:
        captions = zip(paths, found.region_ids * len(paths), strict=False)
        context.emit(PicturesEvent(pictures=tuple(Picture(path=path, caption=region) for path, region in captions)))
    page = folder / "report.html"
    if (found.citations or found.region_ids) and page.is_file():
        context.emit(FilesEvent(files=(page,), caption=say("report_with_evidence", context.language)))


def _sources(found: Answer, language: str) -> str:
    """The cited records by id, title and source, a line each."""
    if not found.citations:
        return ""
    lines = [f"- [{one.record_id}] {one.title} ({one.source})" for one in found.citations]
    return "\n\n" + "\n".join([say("records_cited", language), *lines])
