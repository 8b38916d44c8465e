"""How good the detector is: what its calibration measured, what was drawn to try it, and what nobody has measured."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from pydantic import Field

from agent.events import FilesEvent
from agent.state import Made
from agent.toolbelt.base import Arguments, Context, Outcome, tool
from agent.toolbelt.judged import photo_name, read_records
from agent.wording import defect_label, number, say
from tools.errors import BadInputError, RedRabbitError

if TYPE_CHECKING:
    from tools.detection.bundle import Manifest

CARD = "calibration_card.md"
POD = "pod.json"
MAX_LISTED = 8


class QualityArguments(Arguments):
    """What `detector_quality` takes."""

    topic: Literal["all", "false_alarms", "smallest", "promise"] = Field(
        default="all", description="everything, the false alarms, the smallest defect it finds, or how sure it is"
    )


@tool("detector_quality", QualityArguments, aside=True)
def detector_quality(context: Context, topic: str) -> Outcome:
    """Say how good the detector is: thresholds, the promise about false alarms and whether it is guaranteed, the check
    on drawn defects, the smallest size it finds, and what is not known yet."""
    from tools.detection.bundle import read_manifest

    language, made = context.language, context.part.latest("detector")
    if made is None:
        raise BadInputError(say("no_detector", language))
    manifest = read_manifest(made.path)
    facts = _numbers(made, manifest, language)
    parts = {
        "all": ("quality_head", "quality_promise", "quality_drawn", "quality_smallest"),
        "false_alarms": ("quality_flagged", "quality_promise"),
        "smallest": ("quality_smallest", "quality_drawn"),
        "promise": ("quality_promise", "quality_drawn"),
    }[topic]
    makers = {
        "quality_head": lambda: say("quality_head", language, **facts),
        "quality_promise": lambda: say("quality_kept" if facts["guaranteed"] else "quality_open", language, **facts),
        "quality_drawn": lambda: _drawn(context, made),
        "quality_smallest": lambda: _smallest(context, made, manifest),
        "quality_flagged": lambda: _flagged(context),
    }
    card = made.path / CARD
    if topic == "all" and card.is_file():
        context.emit(FilesEvent(files=(card,), caption=made.name))
    return Outcome("detector_quality", {**facts, "answer": "\n\n".join(makers[name]() for name in parts)})


def _numbers(made: Made, manifest: Manifest, language: str) -> dict[str, Any]:
    limits = manifest.calibration
    return {
        "name": made.name,
        "detector": manifest.detector,
        "good": manifest.good.count,
        "threshold": number(limits.score_threshold, language),
        "rate": number(100 * limits.promise.rate, language),
        "confidence": number(100 * limits.promise.confidence, language),
        "bound": number(100 * limits.rate_upper_bound, language),
        "guaranteed": limits.guarantee_met,
        "above": limits.above,
        "held_out": limits.held_out,
        "more": limits.more_good_needed if limits.more_good_needed is not None else "?",
    }


def _drawn(context: Context, made: Made) -> str:
    """The check on drawn defects of the user's kind; how to get one where there was none."""
    drawn, language, blueprint = made.facts.get("drawn"), context.language, context.part.blueprint
    if not drawn:
        known = blueprint is not None and blueprint.defect_type is not None
        return say("quality_not_tried" if known else "quality_not_drawn", language)
    defect = defect_label(drawn["defect"], language)
    return say("quality_drawn", language, drawn=drawn["drawn"], flagged=drawn["flagged"], defect=defect)


def _smallest(context: Context, made: Made, manifest: Manifest) -> str:
    """From which size on defects are found, where it was measured; else the command that measures it."""
    language, lines = context.language, []
    for curve in _curves(made.path):
        label = defect_label(curve.get("defect_type"), language)
        size, unit = curve.get("a90_95"), str(curve.get("unit", "mm"))
        key = "quality_pod" if size else "quality_pod_beyond"
        lines.append(say(key, language, defect=label, size=number(float(size or 0.0), language), unit=unit))
    if lines:
        return " ".join(lines)
    defect = context.part.blueprint.defect_type if context.part.blueprint else None
    words = (defect or "scratch").replace("_", " ")
    sizes = "0.2 5" if manifest.config.mm_per_px else "3 60"
    return say("quality_no_pod", language, path=str(made.path), defect=words, sizes=sizes)


def _curves(bundle: Path) -> list[dict[str, Any]]:
    """The curves that `redrabbit bundle pod` left in the bundle's folder."""
    try:
        curves = json.loads((bundle / POD).read_text(encoding="utf-8"))["curves"]
    except (OSError, ValueError, KeyError, TypeError):
        return []
    return [curve for curve in curves if isinstance(curve, dict)]


def _flagged(context: Context) -> str:
    """The photos of the last inspection that were flagged, and which of them the user called good."""
    language, inspection = context.language, context.part.latest("inspection")
    if inspection is None:
        return say("alarms_not_inspected", language)
    try:
        records = read_records(inspection.path)
    except RedRabbitError as error:
        return str(error)
    flagged = [record for record in records if record.verdict in ("ng", "review")]
    if not flagged:
        return say("alarms_none", language, count=len(records))
    listed = [f"{photo_name(one)} ({number(one.score or 0.0, language)})" for one in flagged[:MAX_LISTED]]
    opinions = inspection.facts.get("opinions", {})
    good = [photo_name(one) for one in flagged if opinions.get(photo_name(one)) == "good"]
    return say(
        "alarms_called_good" if good else "alarms_unknown",
        language,
        flagged=len(flagged),
        count=len(records),
        names=", ".join(listed) + (" …" if len(flagged) > MAX_LISTED else ""),
        good=", ".join(good),
        example=photo_name(flagged[0]),
    )
