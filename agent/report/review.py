"""What operators decided about reports: append-only, each line chained to the one before by SHA-256.

A changed, removed or inserted line breaks the chain from there on, and `verify` says where. Corrections feed the visual
index and the list of examples for the next calibration.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

from filelock import FileLock, Timeout
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from agent.report.errors import ReportError, ReportInputError
from agent.report.schema import Report
from knowledge.visual import VisualIndex

Decision = Literal["confirm", "correct", "override"]
GENESIS = "0" * 64
LOCK_SECONDS = 30.0


class Review(BaseModel):
    """One decision. `hash` covers every other field and the hash of the line before."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    number: int = Field(ge=1)
    previous: str
    time_utc: str
    reviewer: str = Field(min_length=1, max_length=120)
    decision: Decision
    report_id: str
    verdict: str
    """As the report said."""
    new_verdict: Literal["ok", "review", "ng"] | None = None
    """For an override."""
    region_id: str | None = None
    """For a correction of one finding."""
    old_type: str | None = None
    new_type: str | None = None
    bbox_xyxy: tuple[int, int, int, int] | None = None
    image: str = ""
    """The photo, as the inspection named it."""
    image_sha256: str | None = None
    reason: str = Field(default="", max_length=2000)
    hash: str = ""

    @model_validator(mode="after")
    def _complete(self) -> Review:
        if self.decision != "confirm" and not self.reason.strip():
            raise ValueError("a correction or an override needs a reason")
        if self.decision == "override" and self.new_verdict is None:
            raise ValueError("an override needs the new verdict")
        if self.decision == "correct" and (self.region_id is None or not self.new_type):
            raise ValueError("a correction needs the finding's id and its right type")
        return self

    def computed_hash(self) -> str:
        """SHA-256 of the line's canonical JSON without `hash`."""
        data = self.model_dump(mode="json", exclude={"hash"})
        return hashlib.sha256(json.dumps(data, sort_keys=True, ensure_ascii=False).encode()).hexdigest()


class ReviewLog:
    """The log in one JSONL file; several processes may append."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def append(
        self,
        report: Report,
        decision: Decision,
        *,
        reviewer: str,
        reason: str = "",
        new_verdict: str | None = None,
        region_id: str | None = None,
        new_type: str | None = None,
        image: str = "",
    ) -> Review:
        """Write one decision and flush it to disk.

        Args:
            report: what was reviewed.
            decision: `confirm`; `correct` a finding's type; `override` the verdict.
            reviewer: who.
            reason: needed for all but `confirm`.
            new_verdict: of an override.
            region_id, new_type: of a correction.
            image: path of the photo; the report's image name if not given.

        Raises:
            ReportInputError: something needed is missing, or the finding is not in the report.
            ReportError: the log is damaged, or another process holds it.
        """
        finding = next((one for one in report.findings if one.region.id == region_id), None)
        if region_id is not None and finding is None:
            raise ReportInputError(f"the report {report.report_id} has no finding {region_id}")
        self.path.parent.mkdir(parents=True, exist_ok=True)
        try:
            with FileLock(self.path.with_suffix(".lock"), timeout=LOCK_SECONDS):
                last = self._last()
                values = {
                    "number": last.number + 1 if last else 1,
                    "previous": last.hash if last else GENESIS,
                    "time_utc": datetime.now(UTC).isoformat(timespec="milliseconds"),
                    "reviewer": " ".join(reviewer.split()),
                    "decision": decision,
                    "report_id": report.report_id,
                    "verdict": report.verdict,
                    "new_verdict": new_verdict,
                    "region_id": region_id,
                    "old_type": finding.region.type if finding else None,
                    "new_type": new_type,
                    "bbox_xyxy": finding.region.bbox_xyxy if finding else None,
                    "image": image or report.image_name,
                    "image_sha256": report.image_sha256,
                    "reason": reason,
                }
                review = _validated(values)
                review = review.model_copy(update={"hash": review.computed_hash()})
                with self.path.open("a", encoding="utf-8") as stream:
                    stream.write(review.model_dump_json() + "\n")
                    stream.flush()
                    os.fsync(stream.fileno())
        except Timeout:
            raise ReportError(f"another process holds {self.path.name}; try again") from None
        return review

    def __iter__(self) -> Iterator[Review]:
        """Every decision in order; raises ReportError at a line that is not one."""
        if not self.path.is_file():
            return
        with self.path.open(encoding="utf-8") as stream:
            for number, line in enumerate(stream, start=1):
                try:
                    yield Review.model_validate_json(line)
                except ValidationError:
                    raise ReportError(f"line {number} of {self.path.name} is not a review; it was changed") from None

    def _last(self) -> Review | None:
        """The last decision, found from the end of the file."""
        if not self.path.is_file() or self.path.stat().st_size == 0:
            return None
        with self.path.open("rb") as stream:
            stream.seek(max(0, self.path.stat().st_size - 65536))
            tail = stream.read().rstrip(b"\n").rpartition(b"\n")[2]
        try:
            review = Review.model_validate_json(tail)
        except ValidationError:
            raise ReportError(f"the last line of {self.path.name} is damaged; nothing is appended to it") from None
        if review.hash != review.computed_hash():
            raise ReportError(f"the last line of {self.path.name} was changed; nothing is appended to it")
        return review


class Verification(BaseModel):
    """Whether a log is whole."""

    model_config = ConfigDict(frozen=True)

    intact: bool
    lines: int
    head: str
    """Hash of the last line: write it down elsewhere, and a cut-off end shows as well."""
    problem: str = ""


def verify(path: Path, *, head: str | None = None) -> Verification:
    """Check every line's hash and its link to the line before.

    Args:
        path: the log.
        head: the last hash as noted elsewhere; a chain alone cannot show that its end was cut off.
    """
    previous, count = GENESIS, 0
    try:
        for review in ReviewLog(path):
            if review.number != count + 1 or review.previous != previous:
                return Verification(
                    intact=False, lines=count, head=previous, problem=f"line {count + 1} does not follow"
                )
            if review.hash != review.computed_hash():
                return Verification(intact=False, lines=count, head=previous, problem=f"line {count + 1} was changed")
            previous, count = review.hash, count + 1
    except ReportError as error:
        return Verification(intact=False, lines=count, head=previous, problem=str(error))
    if head is not None and head != previous:
        return Verification(intact=False, lines=count, head=previous, problem="the end is not the one that was noted")
    return Verification(intact=True, lines=count, head=previous)


def measured_confidence(reviews: Sequence[Review], verdict: str) -> tuple[int, int] | None:
    """(confirmed, reviewed) of the parts with this verdict, the last decision about each counting; None without any."""
    last = {review.report_id: review for review in reviews if review.verdict == verdict}
    if not last:
        return None
    return sum(review.decision != "override" for review in last.values()), len(last)


def teach(index: VisualIndex, reviews: Sequence[Review], *, category: str = "") -> int:
    """Add corrected findings to the visual index under their right type; returns how many there were.

    Photos that are gone are left out.
    """
    taught = 0
    for review in reviews:
        path = Path(review.image)
        if review.decision == "correct" and review.new_type and review.bbox_xyxy and path.is_file():
            index.add_defect(path, review.bbox_xyxy, review.new_type, category=category, source="operator")
            taught += 1
    return taught


def examples(reviews: Sequence[Review]) -> list[dict[str, object]]:
    """Corrections as a list for the next calibration: photo, box, type."""
    return [
        {"image": one.image, "image_sha256": one.image_sha256, "bbox_xyxy": one.bbox_xyxy, "type": one.new_type}
        for one in reviews
        if one.decision == "correct"
    ]


def _validated(values: dict[str, object]) -> Review:
    try:
        return Review.model_validate(values)
    except ValidationError as error:
        message = error.errors()[0]["msg"].removeprefix("Value error, ")
        place = ".".join(map(str, error.errors()[0]["loc"]))
        raise ReportInputError(f"this review cannot be kept: {f'{place}: ' if place else ''}{message}") from None
