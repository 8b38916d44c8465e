"""Detectors: learn from the good photos what good looks like."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Any

from pydantic import Field

from agent.events import FilesEvent
from agent.state import Made
from agent.toolbelt.base import Arguments, Context, Outcome, tool
from agent.toolbelt.jobs import run_job
from agent.toolbelt.needs import drawable, photos_question
from agent.wording import defect_label, number, say
from tools.errors import BadInputError

if TYPE_CHECKING:
    from tools.detection.bundle import Bundle

MIN_GOOD = 2
DRAWN = 6
"""Defects of the Blueprint that a new detector is tried on."""


class FitArguments(Arguments):
    """What `fit_detector` takes."""

    detector: str = Field(default="patchcore", description="patchcore, subspace, pixel …")
    seed: int = Field(default=0, ge=0, lt=2**31)
    count: int | None = Field(default=None, ge=MIN_GOOD, description="only so many of the good photos")


@tool("fit_detector", FitArguments, gives="detector")
def fit_detector(context: Context, detector: str, seed: int, count: int | None = None) -> Outcome:
    """Fit a detector on the good photos and save it as a bundle; afterwards parts can be inspected."""
    from tools.detection.bundle import Bundle
    from tools.detection.registry import DETECTORS

    part, language = context.part, context.language
    if detector not in DETECTORS:
        raise BadInputError(say("no_such_detector", language, name=detector, known=", ".join(DETECTORS)))
    if part.photos is None:
        return Outcome("needs_answer", {}, photos_question(context))
    if part.photos.count < MIN_GOOD:
        raise BadInputError(say("too_few_photos", language, count=part.photos.count))
    photos = part.photos.paths()[:count]
    name = f"{detector}-{len(part.all('detector')) + 1}"
    out = context.settings.data_dir / "bundles" / f"{name}-{uuid.uuid4().hex[:8]}"
    arguments = {
        "good": [str(path) for path in photos],
        "detector": detector,
        "backbone": context.settings.backbone,
        "seed": seed,
        "mm_per_px": part.mm_per_px,
        "out": str(out),
    }
    run_job(context, "fit", arguments, say("doing_fit", language, count=len(photos), name=detector))
    bundle = Bundle.load(out)
    facts = {
        "name": name,
        "detector": detector,
        "count": len(photos),
        "path": str(out),
        **_promise(bundle, language),
        **_own_defect(context, bundle, seed),
    }
    part.made.append(Made(kind="detector", name=name, path=out, facts=facts))
    card = out / "calibration_card.md"
    if card.is_file():
        context.emit(FilesEvent(files=(card,), caption=name))
    return Outcome("detector_fitted", facts)


def _own_defect(context: Context, bundle: Bundle, seed: int) -> dict[str, Any]:
    """What it says of the defect that the talk is about, drawn on the good photos; nothing where none is described."""
    from tools.detection.self_check import WEAK, check_on_blueprint

    part = context.part
    if part.blueprint is None or part.blueprint.defect_type is None or part.photos is None:
        return {}
    blueprint = drawable(context)
    found = check_on_blueprint(bundle, part.photos.paths(), blueprint, count=DRAWN, seed=seed)
    if found is None:
        return {}
    key = "own_defect_weak" if found.flagged < WEAK else "own_defect_found"
    flagged, defect = found.ng + found.review, str(blueprint.defect_type)
    label = defect_label(defect, context.language)
    return {
        "own": say(key, context.language, flagged=flagged, drawn=found.drawn, defect=label),
        "drawn": {"drawn": found.drawn, "flagged": flagged, "defect": defect},
    }


def _promise(bundle: Bundle, language: str) -> dict[str, str | float]:
    """Threshold and promise of a bundle."""
    calibration = bundle.calibration
    words = "promise_kept" if calibration.guarantee_met else "promise_not_kept"
    rate = number(100 * calibration.promise.rate, language)
    more = calibration.more_good_needed if calibration.more_good_needed is not None else "?"
    return {
        "threshold": number(calibration.score_threshold, language),
        "promise": say(words, language, rate=rate, more=more),
    }
