"""Inspections: photos through the newest detector, what it found, and talk about the verdict."""

from __future__ import annotations

import contextlib
import uuid
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from pydantic import Field

from agent.events import Picture, PicturesEvent
from agent.reading.photos import WORST
from agent.state import Ask, Made
from agent.toolbelt.base import Arguments, Context, Outcome, ToolError, tool
from agent.toolbelt.datasets import defective_images
from agent.toolbelt.detectors import fit_detector
from agent.toolbelt.jobs import run_job
from agent.toolbelt.judged import (
    ABOUT,
    MAX_SHOWN,
    inspection_facts,
    photo_name,
    pick,
    read_records,
    record_facts,
    region_in_words,
    region_severity,
    severity,
    worst_first,
)
from agent.toolbelt.needs import photos_question
from agent.toolbelt.photos import take_images
from agent.wording import say
from tools.errors import BadInputError, RedRabbitError

if TYPE_CHECKING:
    from tools.detection.records import InspectionRecord


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
    facts = inspection_facts(records, language) | {"detector": detector.name, "path": str(out)}
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


def _show(context: Context, records: Sequence[InspectionRecord]) -> None:
    """Overlays of the worst, in the order of inspection; numbered, so that "the third one" can be said."""
    worst = worst_first(records)[:MAX_SHOWN]
    pictures = tuple(
        Picture(
            path=Path(record.overlay),
            caption=f"{f'{place}. ' if len(records) > 1 else ''}{photo_name(record)}: "
            f"{say(f'verdict_{record.verdict}', context.language)}",
            mask_path=Path(record.mask) if record.mask else None,
        )
        for place, record in enumerate(records, 1)
        if record.overlay and record in worst
    )
    if pictures:
        context.emit(PicturesEvent(pictures=pictures))


class DiscussArguments(Arguments):
    """Which photo, and what the user thinks of its verdict."""

    opinion: Literal["good", "bad"] | None = Field(default=None, description="what the user says the part is, if so")
    image: str | None = Field(default=None, description="the photo's name, its number in the list, or worst")


@tool("discuss_verdict", DiscussArguments, aside=True)
def discuss_verdict(context: Context, opinion: str | None, image: str | None) -> Outcome:
    """Explain the verdict on a photo of the last inspection, or note that the user disagrees; it stays as measured."""
    inspection, _, record = _looked_at(context, image)
    facts = record_facts(record, context.language)
    flagged = facts["verdict"] in ("ng", "review")
    agrees = opinion is None or (opinion == "bad") == flagged
    if opinion is not None:
        inspection.facts["opinion"] = facts["opinion"] = opinion
        inspection.facts["opinions"] = {**inspection.facts.get("opinions", {}), facts["image"]: opinion}
    code = "verdict_explained" if agrees else f"verdict_disputed_{opinion}"
    if facts["verdict"] == "cannot_judge":
        code = "verdict_not_judged"
    return Outcome(code, facts)


def _looked_at(context: Context, image: str | None) -> tuple[Made, list[InspectionRecord], InspectionRecord]:
    """The last inspection, its lines and the photo that is meant; the talk is about this one from now on.

    Raises:
        BadInputError: nothing was inspected, or there is no such photo.
    """
    inspection = context.part.latest("inspection")
    if inspection is None:
        raise BadInputError(say("no_inspection", context.language))
    records = read_records(inspection.path)
    record = pick(inspection, records, image, context.language)
    inspection.facts[ABOUT] = photo_name(record)
    return inspection, records, record


@tool("worst_photo", aside=True)
def worst_photo(context: Context) -> Outcome:
    """Say which photo of the last inspection is the worst, by verdict and score, and where its worst region lies."""
    _, records, record = _looked_at(context, WORST)
    language = context.language
    facts = record_facts(record, language) | {"count": len(records)}
    gravest = max(worst_first(records), key=severity)
    if severity(gravest) > severity(record):
        region = max(gravest.regions, key=region_severity)
        where = region_in_words(region, language)
        facts["graver"] = say("worst_by_severity", language, image=photo_name(gravest), worst=where)
    _show_one(context, record)
    if record.verdict == "ok":
        return Outcome("worst_is_ok", facts)
    return Outcome("worst_photo" if record.verdict != "cannot_judge" else "verdict_not_judged", facts)


def _show_one(context: Context, record: InspectionRecord) -> None:
    if record.overlay and Path(record.overlay).is_file():
        picture = Picture(path=Path(record.overlay), caption=photo_name(record))
        context.emit(PicturesEvent(pictures=(picture,)))
