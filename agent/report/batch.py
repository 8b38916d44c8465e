"""Reports of a whole batch: one a part while it is inspected, and the shift summary at the end."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from pydantic import ValidationError

from agent.report.errors import ReportInputError
from agent.report.render.files import save_report
from agent.report.render.shift import shift_to_html
from agent.report.shift import ShiftSummary, summarise
from agent.report.writer import Context, write_report
from tools.detection.records import InspectionRecord
from tools.vision.images import write_atomic
from tools.vision.types import RgbImage

if TYPE_CHECKING:
    from knowledge.index import KnowledgeIndex
    from knowledge.visual import VisualIndex


class BatchReports:
    """Called with each record and photo (`InspectOptions.finish`); writes `reports/<name>.json`, `.html` and pictures.

    Args:
        out: the inspection's folder.
        language: `en`, `de` or `ko`.
        index: knowledge for causes and actions.
        visual: known pictures; where they agree they also name regions of unknown type.
        context: what is known of all parts of the batch; its `part` is not used.
        formats: what to write of each part.
    """

    def __init__(
        self,
        out: Path,
        *,
        language: str = "en",
        index: KnowledgeIndex | None = None,
        visual: VisualIndex | None = None,
        context: Context | None = None,
        formats: Sequence[str] = ("json", "html"),
    ) -> None:
        self._out = out.resolve()
        self._language, self._index, self._visual = language, index, visual
        self._context, self._formats = context or Context(), formats

    def __call__(self, record: InspectionRecord, image: RgbImage) -> InspectionRecord:
        """Write one part's report; the record with its types named and its report's path."""
        context = self._context
        if self._visual is not None and record.regions:
            from dataclasses import replace

            from agent.report.neighbours import name_regions

            regions = name_regions(record.regions, image, self._visual, category=context.category)
            if regions != record.regions:
                record = record.model_copy(update={"regions": regions})
                context = replace(context, type_source="nearest example")
        report = write_report(
            record, image, language=self._language, index=self._index, visual=self._visual, context=context
        )
        name = Path(record.overlay or record.mask or record.input).stem
        written = save_report(report, self._out / "reports", name=name, formats=self._formats)
        return record.model_copy(update={"report": str(next(iter(written.values())))})


def write_shift(
    records: Iterable[InspectionRecord],
    out: Path,
    *,
    title: str,
    language: str = "en",
    baseline: float | None = None,
) -> tuple[ShiftSummary, Path]:
    """Write `shift.html` and `shift.json` into `out`.

    Raises:
        ReportInputError: there is no inspection.
    """
    summary = summarise(list(records), baseline=baseline)
    page = out.resolve() / "shift.html"
    text = shift_to_html(summary, title=title, language=language, folder=page.parent)
    write_atomic(page, text.encode())
    write_atomic(page.with_suffix(".json"), (summary.model_dump_json(indent=2) + "\n").encode())
    return summary, page


def read_results(path: Path) -> list[InspectionRecord]:
    """The records of a `results.jsonl`, or of the one in a folder; the last line about a photo counts.

    Raises:
        ReportInputError: missing, or not such a file.
    """
    file = path / "results.jsonl" if path.is_dir() else path
    try:
        lines = [line for line in file.read_text(encoding="utf-8").splitlines() if line.strip()]
    except OSError as error:
        raise ReportInputError(f"{file} cannot be read: {error.strerror}; inspect photos first") from None
    except UnicodeDecodeError:
        raise ReportInputError(f"{file.name} is not a results file; give the folder of an inspection") from None
    found: dict[str, InspectionRecord] = {}
    for number, line in enumerate(lines, start=1):
        try:
            record = InspectionRecord.model_validate_json(line)
        except ValidationError:
            if number == len(lines):
                break  # A killed run may leave half a line at the end.
            raise ReportInputError(f"line {number} of {file.name} is not an inspection; give results.jsonl") from None
        found[record.input] = record
    return list(found.values())
