""" "Match these photos": the defect's look tuned to photos of real ones, as a job that shows progress and stops."""

from __future__ import annotations

import uuid
from pathlib import Path
from typing import Any

from pydantic import Field

from agent.events import FilesEvent, Picture, PicturesEvent
from agent.state import Ask
from agent.toolbelt.base import Arguments, Context, Outcome, ToolError, tool
from agent.toolbelt.jobs import run_job
from agent.toolbelt.needs import drawable, need_blueprint, photos_question, show_card
from agent.toolbelt.photos import take_images
from agent.wording import number, say
from tools.blueprint.model import Origin
from tools.errors import BadInputError

ITERATIONS = 6
MIN_REAL = 5


class MatchArguments(Arguments):
    """What `match_photos` takes."""

    paths: list[Path] | None = Field(default=None, description="files or folders; leave out for the attached images")
    iterations: int = Field(default=ITERATIONS, ge=1, le=20, description="at most so many rounds of 24 images")
    seed: int = Field(default=0, ge=0, lt=2**31)


@tool("match_photos", MatchArguments, gives="lineup")
def match_photos(context: Context, paths: list[Path] | None, iterations: int, seed: int) -> Outcome:
    """Tune how the defect is drawn until it looks like the user's photos of REAL defects (at least five)."""
    language, defect = context.language, context.part.defect
    blueprint = need_blueprint(context)
    if defect is None or blueprint.defect_type is None:
        raise BadInputError(say("no_blueprint", language))
    if context.part.photos is None:
        ask: Ask = photos_question(context)
        return Outcome("needs_answer", {}, ask)
    try:
        real = take_images(context.memory, paths)
    except ToolError:
        raise BadInputError(say("match_needs_photos", language, count=MIN_REAL)) from None
    if len(real) < MIN_REAL:
        raise BadInputError(say("match_needs_photos", language, count=MIN_REAL))
    out = context.settings.data_dir / "calibrations" / uuid.uuid4().hex[:12]
    arguments: dict[str, Any] = {
        "blueprint": drawable(context).model_dump(mode="json"),
        "good": [str(path) for path in context.part.photos.paths()],
        "real": [str(path) for path in real],
        "iterations": iterations,
        "seed": seed,
        "out": str(out),
    }
    run_job(context, "calibrate", arguments, say("doing_calibrate", language, count=len(real)))
    context.memory.attachments = []
    return _told(context, out)


def _told(context: Context, out: Path) -> Outcome:
    from tools.calibration.given import read_outcome, style_of

    defect, language = context.part.defect, context.language
    assert defect is not None
    outcome = read_outcome(out)
    before = defect.blueprint
    blueprint = defect.add(before.with_changes({"style": {**before.style, **style_of(outcome)}}, Origin.EDITED))
    show_card(context, blueprint)
    folder = out / "experiments" / "photos"
    shown = [("beside.png", "match_beside"), ("scatter.png", "match_scatter"), ("convergence.png", "match_convergence")]
    pictures = tuple(
        Picture(path=folder / name, caption=say(caption, language))
        for name, caption in shown
        if (folder / name).is_file()
    )
    context.emit(PicturesEvent(pictures=pictures))
    context.emit(FilesEvent(files=(folder / "report.html",), caption=say("job_calibrate", language)))
    facts = {
        "images": outcome.images,
        "rounds": outcome.iterations,
        "distance": number(round(outcome.mmd2, 3), language),
        "floor": number(round(outcome.threshold, 3), language),
        "version": blueprint.version,
        "path": str(folder),
    }
    return Outcome("photos_matched" if outcome.converged else "photos_not_quite_matched", facts)
