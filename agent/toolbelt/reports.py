"""Reports: the last inspection as a document with evidence."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Literal

from pydantic import Field

from agent.events import FilesEvent
from agent.reading.photos import WORST
from agent.state import DEFAULT_PART, Made
from agent.toolbelt.base import Arguments, Context, Outcome, tool
from agent.toolbelt.domain import open_index
from agent.toolbelt.judged import photo_name, pick, read_records
from agent.wording import say
from tools.errors import BadInputError

if TYPE_CHECKING:
    from knowledge.visual import VisualIndex

Format = Literal["html", "pdf", "markdown", "json"]


def _usual() -> list[Format]:
    return ["html", "json"]


class ReportArguments(Arguments):
    """What `write_report` takes."""

    formats: list[Format] = Field(default_factory=_usual)
    language: Literal["en", "de", "ko"] | None = Field(default=None, description="of the report")
    image: str | None = Field(default=None, description="name of the photo; by default the worst one")


@tool("write_report", ReportArguments, gives="report")
def write_report(context: Context, formats: list[Format], language: str | None, image: str | None) -> Outcome:
    """Write the report on an inspected photo as HTML, PDF, Markdown and JSON files."""
    from agent.report import render, writer
    from agent.report.promised import promised
    from agent.report.writer import Context as ReportContext
    from tools.vision.images import load_image

    part = context.part
    inspection = part.latest("inspection")
    if inspection is None:
        raise BadInputError(say("no_inspection", context.language))
    records = read_records(inspection.path)
    record = pick(inspection, records, image or WORST, context.language)
    spoken = language or (context.language if context.language in ("en", "de") else "en")
    detector = part.latest("detector")
    named_part = None if part.name == DEFAULT_PART else part.name
    report = writer.write_report(
        record,
        load_image(Path(record.input)) if record.error is None else None,
        language=spoken,
        index=open_index(context.settings),
        visual=_visual(context) if record.regions else None,
        context=ReportContext(
            part=named_part,
            material=part.blueprint.material if part.blueprint else None,
            category=part.name,
            **promised(detector.path if detector else None),
        ),
    )
    folder = context.settings.data_dir / "reports" / f"{len(part.all('report')) + 1}-{report.report_id}"
    wanted = [{"markdown": "md"}.get(name, name) for name in [*formats, "json"]]
    files = list(render.save_report(report, folder, formats=wanted).values())
    facts = {"id": report.report_id, "verdict": report.verdict, "image": photo_name(record), "path": str(folder)}
    part.made.append(Made(kind="report", name=report.report_id, path=folder, facts=facts))
    context.emit(FilesEvent(files=tuple(files), caption=report.report_id))
    facts["summary"] = " ".join(sentence.text for sentence in report.summary[:2])
    facts["files"] = ", ".join(path.name for path in files)
    return Outcome("report_written", facts)


def _visual(context: Context) -> VisualIndex | None:
    """Known pictures with the part's good photos among them; None where the photos are gone."""
    from agent.report.visual import remember_part
    from tools.vision.errors import ImageError

    photos = context.part.photos
    if photos is None:
        return None
    try:
        return remember_part(context.settings, photos.paths(), context.part.name)
    except ImageError:
        return None
