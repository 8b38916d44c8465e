"""Inspections and their reports."""

from __future__ import annotations

from typing import Any

from sqlalchemy import UniqueConstraint
from sqlmodel import Field, select

from agent.store.base import Queries, Row, json_field


class InspectionRow(Row, table=True):
    """One photo, looked at once by one detector. `record` is the line of `results.jsonl`."""

    __tablename__ = "inspection"
    __table_args__ = (UniqueConstraint("job_id", "position"),)

    input: str
    verdict: str = Field(max_length=20, index=True)
    score: float | None = None
    score_threshold: float | None = None
    record: dict[str, Any] = json_field(default_factory=dict)
    detector_id: str | None = Field(default=None, foreign_key="detector.id", index=True, ondelete="SET NULL")
    image_id: str | None = Field(default=None, foreign_key="image.id", index=True, ondelete="SET NULL")
    overlay_path: str | None = None
    job_id: str | None = Field(default=None, max_length=64, index=True)
    position: int = 0
    """Which photo of the job it is."""
    conversation_id: str | None = Field(default=None, foreign_key="conversation.id", index=True, ondelete="SET NULL")


class ReportRow(Row, table=True):
    """A report about an inspection; `document` is the whole of it."""

    __tablename__ = "report"

    inspection_id: str | None = Field(default=None, foreign_key="inspection.id", index=True, ondelete="CASCADE")
    language: str = Field(default="en", max_length=10)
    writer: str = Field(default="template", max_length=100)
    document: dict[str, Any] = json_field(default_factory=dict)
    path: str | None = None
    """The folder with `report.json`, `.html`, `.pdf`, `.md` and the pictures."""
    job_id: str | None = Field(default=None, max_length=64, unique=True)
    conversation_id: str | None = Field(default=None, foreign_key="conversation.id", index=True, ondelete="SET NULL")


class InspectionQueries(Queries):
    """Save, get and list inspections and reports."""

    def save_inspection(self, inspection: InspectionRow) -> InspectionRow:
        """Store an inspection; the one of the same job and position comes back as it is."""
        with self.writing() as session:
            if inspection.job_id is not None:
                known = session.exec(
                    select(InspectionRow).where(
                        InspectionRow.job_id == inspection.job_id, InspectionRow.position == inspection.position
                    )
                ).first()
                if known is not None:
                    return known
            session.add(inspection)
        return inspection

    def get_inspection(self, inspection_id: str) -> InspectionRow:
        """One inspection.

        Raises:
            NotFoundError: no such inspection.
        """
        return self._get(InspectionRow, inspection_id, "inspection")

    def list_inspections(self, *, limit: int = 50, after: str | None = None, **where: Any) -> list[InspectionRow]:
        """Newest first."""
        return self._list(InspectionRow, limit=limit, after=after, where=where)

    def save_report(self, report: ReportRow) -> ReportRow:
        """Store a report; one that the same job already stored comes back as it is."""
        with self.writing() as session:
            if report.job_id is not None:
                known = session.exec(select(ReportRow).where(ReportRow.job_id == report.job_id)).first()
                if known is not None:
                    return known
            session.add(report)
        return report

    def get_report(self, report_id: str) -> ReportRow:
        """One report.

        Raises:
            NotFoundError: no such report.
        """
        return self._get(ReportRow, report_id, "report")

    def list_reports(self, *, limit: int = 50, after: str | None = None, **where: Any) -> list[ReportRow]:
        """Newest first."""
        return self._list(ReportRow, limit=limit, after=after, where=where)
