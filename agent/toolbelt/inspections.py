"""Inspections: photos through the newest detector, what it found, and talk about the verdict."""

from __future__ import annotations

import contextlib
import uuid
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from pydantic import Field

from agent.events import Picture, PicturesEvent
from agent.state import Ask, Made
from agent.toolbelt.base import Arguments, Context, Outcome, ToolError, tool
from agent.toolbelt.datasets import defective_images
from agent.toolbelt.detectors import fit_detector
from agent.toolbelt.jobs import run_job
from agent.toolbelt.needs import photos_question
from agent.toolbelt.photos import take_images
from agent.wording import number, say
from tools.errors import BadInputError, RedRabbitError

if TYPE_CHECKING:
    from tools.detection.records import InspectionRecord

MAX_SHOWN = 6
RESULTS = "results.jsonl"


class InspectArguments(Arguments):
    """What `inspect_images` takes."""

    paths: list[Path] | None = Field(default=None, description="files or folders; leave out for the attached images")
    sculpted: int | None = Field(default=None, ge=1, le=1000, description="so many images of the newest data set")


@tool("inspect_images", InspectArguments, gives="inspection")
def inspect_images(context: Context, paths: list[Path] | None, sculpted: int | None) -> Outcome:
    """Inspect photos with the newest detector: verdict, score, regions and an overlay for each."""
    part, language = context.part, context.language
    images = _images(context, paths, sculpted)
    detector = part.latest("detector")
    if detector is None:
        if part.photos is None:
            return Outcome("needs_answer", {}, photos_question(context))
        if not context.approved:
            text = say("approve_fit_first", language, count=part.photos.count)
            return Outcome("needs_answer", {}, Ask(kind="approval", field="detector", text=text, repeat=True))
        fit_detector(context, "patchcore", 0)
        detector = part.latest("detector")
        assert detector is not None
    number_made = len(part.all("inspection")) + 1
    out = context.settings.data_dir / "inspections" / f"{number_made}-{uuid.uuid4().hex[:8]}"
    arguments = {
        "paths": [str(path) for path in images],
        "bundle": str(detector.path),
        "out": str(out),
        "save_maps": len(images) <= MAX_SHOWN,
    }
    try:
        run_job(context, "inspect", arguments, say("doing_inspect", language, count=len(images), name=detector.name))
    except RedRabbitError:
        with contextlib.suppress(OSError):  # it holds lines: they stay
            out.rmdir()
        raise
    records = read_records(out)
    context.memory.attachments = []
    facts = _facts(records, language) | {"detector": detector.name, "path": str(out)}
    part.made.append(Made(kind="inspection", name=f"inspection-{number_made}", path=out, facts=facts))
    _show(context, records)
    return Outcome("inspected_one" if len(records) == 1 else "inspected_many", facts)


def _images(context: Context, paths: list[Path] | None, sculpted: int | None) -> list[Path]:
    """What to inspect.

    Raises:
        BadInputError: nothing is attached or named, and there is no data set to take an image from.
    """
    dataset = context.part.latest("dataset")
    if sculpted is not None and dataset is not None:
        return defective_images(dataset.path)[:sculpted]
    try:
        return take_images(context.memory, paths)
    except ToolError:
        raise BadInputError(say("nothing_to_inspect", context.language)) from None


def read_records(folder: Path) -> list[InspectionRecord]:
    """The lines of an inspection.

    Raises:
        BadInputError: the folder holds no results any more.
    """
    from tools.detection.records import InspectionRecord

    file = folder / RESULTS
    if not file.is_file():
        raise BadInputError(f"{folder} holds no {RESULTS} any more; inspect again")
    lines = file.read_text(encoding="utf-8").splitlines()
    return [InspectionRecord.model_validate_json(line) for line in lines if line.strip()]


def _facts(records: Sequence[InspectionRecord], language: str) -> dict[str, Any]:
    counts = Counter(record.verdict for record in records)
    first = records[0]
    return {
        "count": len(records),
        "verdicts": dict(counts),
        "summary": ", ".join(f"{say(f'verdict_{name}', language)}: {counts[name]}" for name in counts),
        "verdict": first.verdict,
        "verdict_text": say(f"verdict_{first.verdict}", language),
        "image": Path(first.input).name,
        "score": number(first.score, language) if first.score is not None else "–",
        "threshold": number(first.score_threshold, language),
        "regions": len(first.regions),
        "reasons": "; ".join(first.reasons) or (first.error or ""),
        "worst": _worst(records, language),
        "images": [
            {"input": record.input, "verdict": record.verdict, "regions": len(record.regions)}
            for record in records[:MAX_SHOWN]
        ],
    }


def _worst(records: Sequence[InspectionRecord], language: str) -> str:
    """The most severe region of the first photo, in words."""
    regions = records[0].regions
    if not regions:
        return ""
    region = regions[0]
    size = (
        f"{number(region.length_mm, language)} mm" if region.length_mm else f"{number(region.length_px, language)} px"
    )
    zone = say(f"value_{region.zone}", language) if _known(f"value_{region.zone}") else region.zone
    return say("worst_region", language, size=size, zone=zone, severity=say(f"value_{region.severity}", language))


def _known(key: str) -> bool:
    from agent.wording import has_template

    return has_template(key)


def _show(context: Context, records: Sequence[InspectionRecord]) -> None:
    """Overlays, the bad ones first."""
    order = {"ng": 0, "review": 1, "cannot_judge": 2, "ok": 3}
    worst = sorted(records, key=lambda record: order[record.verdict])[:MAX_SHOWN]
    pictures = tuple(
        Picture(
            path=Path(record.overlay),
            caption=f"{Path(record.input).name}: {say(f'verdict_{record.verdict}', context.language)}",
            mask_path=Path(record.mask) if record.mask else None,
        )
        for record in worst
        if record.overlay
    )
    if pictures:
        context.emit(PicturesEvent(pictures=pictures))


class DiscussArguments(Arguments):
    """What the user thinks of the verdict."""

    opinion: Literal["good", "bad"] | None = Field(default=None, description="what the user says the part is, if so")


@tool("discuss_verdict", DiscussArguments, aside=True)
def discuss_verdict(context: Context, opinion: str | None) -> Outcome:
    """Explain the last verdict, or note that the user disagrees. The verdict itself stays as measured."""
    inspection = context.part.latest("inspection")
    if inspection is None:
        raise BadInputError(say("no_inspection", context.language))
    facts = dict(inspection.facts)
    flagged = facts["verdict"] in ("ng", "review")
    agrees = opinion is None or (opinion == "bad") == flagged
    if opinion is not None:
        inspection.facts["opinion"] = opinion
    code = "verdict_explained" if agrees else f"verdict_disputed_{opinion}"
    if facts["verdict"] == "cannot_judge":
        code = "verdict_not_judged"
    return Outcome(code, facts)
