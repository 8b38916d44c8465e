"""Reports: what was found, to be read by people and by machines."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Annotated, Literal

from fastapi import APIRouter, Query
from fastapi.responses import FileResponse, JSONResponse, Response
from pydantic import BaseModel

from agent.api.access import Reader
from agent.api.context import After, Ctx, Limit, Page, page
from agent.api.headers import REPORT
from agent.store.errors import NotFoundError

router = APIRouter(prefix="/reports", tags=["reports"])
MEDIA_TYPES = {"html": "text/html; charset=utf-8", "pdf": "application/pdf", "md": "text/markdown; charset=utf-8"}


class ReportItem(BaseModel):
    """A report in a list."""

    id: str
    inspection_id: str | None
    language: str
    writer: str
    created_at: datetime


@router.get("", summary="List reports")
def list_all(
    ctx: Ctx,
    _: Reader,
    limit: Limit = 50,
    after: After = None,
    inspection_id: Annotated[str | None, Query(max_length=64)] = None,
) -> Page[ReportItem]:
    """Newest first."""
    rows = ctx.store.list_reports(limit=limit, after=after, inspection_id=inspection_id)
    return page(rows, limit, lambda row: ReportItem.model_validate(row, from_attributes=True))


@router.get("/{report_id}", response_model=None, summary="Read a report")
def read(
    report_id: str, ctx: Ctx, _: Reader, format: Annotated[Literal["json", "html", "pdf", "md"], Query()] = "json"
) -> Response:
    """The whole report, as JSON, HTML, PDF or Markdown."""
    row = ctx.store.get_report(report_id)
    if format == "json":
        return JSONResponse(row.document)
    file = Path(row.path) / f"report.{format}" if row.path else None
    if file is None or not file.is_file():
        raise NotFoundError(f"report {report_id} was not kept as {format}; write it again from its inspection")
    headers = {"Content-Security-Policy": REPORT} if format == "html" else None
    return FileResponse(file, media_type=MEDIA_TYPES[format], headers=headers)
