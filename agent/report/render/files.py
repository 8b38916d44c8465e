"""A report on disk: JSON, its pictures beside it, and whichever other forms are asked for."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from pathlib import Path

from pydantic import ValidationError

from agent.report.errors import ReportInputError
from agent.report.schema import Report
from tools.vision.images import write_atomic

FORMATS = ("json", "html", "md", "pdf")
PICTURES = "pictures"


def to_json(report: Report) -> str:
    """The report without its pictures' bytes; their names and hashes stay."""
    return report.model_dump_json(indent=2) + "\n"


def save_report(
    report: Report, folder: Path, *, name: str = "report", formats: Iterable[str] = FORMATS
) -> dict[str, Path]:
    """Write the report's forms, and its pictures where JSON or Markdown refer to them.

    Args:
        report: what to write.
        folder: made if it is not there.
        name: file name without ending.
        formats: of `json`, `html`, `md`, `pdf`.

    Returns:
        Format → path.

    Raises:
        ReportInputError: an unknown format.
    """
    from agent.report.render.html import to_html
    from agent.report.render.markdown import to_markdown
    from agent.report.render.pdf import to_pdf

    wanted = list(dict.fromkeys(formats))
    unknown = sorted(set(wanted) - set(FORMATS))
    if unknown:
        raise ReportInputError(f"no report format {unknown[0]!r}; use {', '.join(FORMATS)}")
    if {"json", "md"} & set(wanted):
        for picture in report.pictures:
            if picture.png is not None and picture.file is not None:
                write_atomic(folder / PICTURES / picture.file, picture.png)
    written = {}
    for form in wanted:
        data = {
            "json": lambda: to_json(report).encode(),
            "html": lambda: to_html(report).encode(),
            "md": lambda: to_markdown(report, pictures=PICTURES).encode(),
            "pdf": lambda: to_pdf(report),
        }[form]()
        written[form] = folder / f"{name}.{form}"
        write_atomic(written[form], data)
    return written


def load_report(path: Path) -> Report:
    """Read a saved JSON report and its pictures; a picture that is missing or changed stays out.

    Raises:
        ReportInputError: not a report.
    """
    try:
        report = Report.model_validate_json(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ReportInputError(f"{path} cannot be read: {error.strerror}") from None
    except (ValidationError, ValueError):
        raise ReportInputError(f"{path.name} is not a report of this product; inspect again with --report") from None
    found = []
    for picture in report.pictures:
        file = path.parent / PICTURES / Path(picture.file or "").name
        data = file.read_bytes() if picture.file and file.is_file() else None
        whole = data is not None and hashlib.sha256(data).hexdigest() == picture.sha256
        found.append(picture.model_copy(update={"png": data if whole else None}))
    return report.model_copy(update={"pictures": tuple(found)})
