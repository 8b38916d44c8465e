"""Data sets: many images of the current defect with exact masks, made by a job."""

from __future__ import annotations

import uuid
from pathlib import Path
from typing import Literal

from pydantic import Field

from agent.events import FilesEvent, Picture, PicturesEvent
from agent.state import Ask, Made
from agent.toolbelt.base import Arguments, Context, Outcome, tool
from agent.toolbelt.jobs import run_job
from agent.toolbelt.lineup import keep_look
from agent.toolbelt.needs import drawable, drawing_question
from agent.wording import defect_label, say

DEFAULT_COUNT = 20
MANY = 500
"""From here on the user is asked first."""
SECONDS_PER_IMAGE = 0.1


class ExportArguments(Arguments):
    """What `export_dataset` takes."""

    count: int = Field(default=DEFAULT_COUNT, ge=1, le=100_000, description="how many images with a defect")
    format: Literal["mvtec", "coco", "yolo", "masks"] = "mvtec"
    seed: int | None = Field(default=None, ge=0, lt=2**31)


@tool("export_dataset", ExportArguments, gives="dataset")
def export_dataset(context: Context, count: int, format: str, seed: int | None) -> Outcome:
    """Make a data set: COUNT images of the current defect on the good photos, with exact masks and lineage."""
    asked = drawing_question(context)
    if asked is not None:
        return Outcome("needs_answer", {}, asked)
    language, part = context.language, context.part
    approval = None if context.approved else _to_approve(context, count)
    if approval is not None:
        return Outcome("needs_answer", {}, approval)
    kept = keep_look(context)
    blueprint, photos = drawable(context), part.photos
    assert photos is not None
    name = f"{blueprint.defect_type}-{len(part.all('dataset')) + 1}"
    out = context.settings.data_dir / "datasets" / f"{name}-{uuid.uuid4().hex[:8]}"
    chosen = seed if seed is not None else len(part.all("dataset"))
    arguments = {
        "blueprint": blueprint.model_dump(mode="json"),
        "good": [str(path) for path in photos.paths()],
        "count": count,
        "seed": chosen,
        "layout": format,
        "generator": context.settings.generator,
        "out": str(out),
    }
    if context.settings.generator == "fal":
        arguments["spend_usd"] = _estimate_usd(context, count)[1]
    run_job(context, "sculpt", arguments, say("doing_export", language, count=count))
    facts = {
        "count": count,
        "format": format,
        "name": name,
        "seed": chosen,
        "defect_type": blueprint.defect_type,
        "defect": defect_label(blueprint.defect_type, language),
        "version": blueprint.version,
        "path": str(out),
        "kept": say("kept_look", language, version=kept.version) if kept else "",
    }
    part.made.append(Made(kind="dataset", name=name, path=out, facts=facts))
    _show(context, out, name)
    return Outcome("dataset_made", facts)


def _to_approve(context: Context, count: int) -> Ask | None:
    """What costs money or much time is asked about first."""
    if context.settings.generator == "fal":
        return _about_money(context, count)
    if count <= MANY:
        return None
    minutes = max(1, round(count * SECONDS_PER_IMAGE / 60))
    text = say("approve_export", context.language, count=count, minutes=minutes)
    return Ask(kind="approval", field="export", text=text, repeat=True)


def _about_money(context: Context, count: int) -> Ask:
    """Pictures from fal.ai cost money: the user says yes to a limit before the first is asked for."""
    from agent.store.repository import open_store
    from agent.store.requests import start_of_day

    estimate, limit = _estimate_usd(context, count)
    text = say(
        "approve_spending",
        context.language,
        count=count,
        estimate=f"{estimate:.2f}",
        limit=f"{limit:.2f}",
        spent=f"{open_store(context.settings).spent_usd(since=start_of_day()):.2f}",
        day=f"{context.settings.fal_usd_per_day:.2f}",
    )
    return Ask(kind="approval", field="spending", text=text, repeat=True)


def _estimate_usd(context: Context, count: int) -> tuple[float, float]:
    """What COUNT pictures cost about, and the limit that leaves room for those that are refused and asked for again."""
    estimate = count * context.settings.fal_usd_per_megapixel
    return estimate, round(max(1.5 * estimate, estimate + 4 * context.settings.fal_usd_per_megapixel), 2)


def _show(context: Context, out: Path, name: str) -> None:
    sheet = out / "contact_sheet.png"
    if sheet.is_file():
        context.emit(PicturesEvent(pictures=(Picture(path=sheet, caption=name),)))
    files = tuple(path for path in (out / "card.md", out / "lineage.jsonl") if path.is_file())
    if files:
        context.emit(FilesEvent(files=files, caption=name))


def defective_images(folder: Path) -> list[Path]:
    """The images with a defect in a data set that we made, by its lineage.

    Raises:
        ImageError: none is there any more.
    """
    import json

    from tools.vision.errors import ImageError

    lineage = folder / "lineage.jsonl"
    if lineage.is_file():
        lines = [json.loads(line) for line in lineage.read_text(encoding="utf-8").splitlines() if line.strip()]
        found = [folder / line["image"] for line in lines if line.get("mask")]
        found = [path for path in found if path.is_file()]
        if found:
            return found
    raise ImageError(f"{folder} holds no sculpted image any more; export the data set again")
