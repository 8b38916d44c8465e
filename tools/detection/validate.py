"""Is this bundle or settings file fit for use? Every problem at once, each with what to do."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, ValidationError

from tools.detection.acceptance import parse_rules
from tools.detection.bundle import MANIFEST, Bundle
from tools.detection.config import InspectConfig, explain, load_config, read_settings
from tools.detection.errors import DetectionInputError
from tools.detection.replay import replay
from tools.errors import RedRabbitError

Level = Literal["error", "warning", "info"]


class Issue(BaseModel):
    """One finding: a stable code for programs, a sentence for people."""

    model_config = ConfigDict(frozen=True)

    code: str
    severity: Level
    message: str
    context: Mapping[str, Any] = {}


def validate(path: Path, *, replay_samples: bool = True) -> list[Issue]:
    """Check a bundle's folder or a settings file.

    Args:
        path: a folder with `bundle.json`, or a YAML or JSON file.
        replay_samples: also score a bundle's archived photos again.

    Raises:
        DetectionInputError: there is nothing at the path.
    """
    if not path.exists():
        raise DetectionInputError(f"{path} does not exist; give a bundle's folder or a settings file")
    if path.is_dir():
        return list(_bundle(path, replay_samples))
    if path.name == MANIFEST:
        return list(_bundle(path.parent, replay_samples))
    return list(_settings(path))


def passed(issues: list[Issue]) -> bool:
    """True without an error."""
    return all(issue.severity != "error" for issue in issues)


def _settings(path: Path) -> Iterator[Issue]:
    try:
        data = read_settings(path)
        InspectConfig.model_validate(data)
    except ValidationError as error:
        for clause in explain(error):
            yield Issue(code="CONFIG_INVALID", severity="error", message=clause)
        return
    except DetectionInputError as error:
        yield Issue(code="CONFIG_UNREADABLE", severity="error", message=str(error))
        return
    if isinstance(data, Mapping) and "schema_version" not in data:
        yield Issue(code="SCHEMA_VERSION_MISSING", severity="warning", message="schema_version is missing; taken as 1")
    yield from meaning(load_config(path))


def meaning(config: InspectConfig) -> Iterator[Issue]:
    """What is well-formed in settings and yet does not work, or not as one may think."""
    try:
        parse_rules(config)
    except DetectionInputError as error:
        yield Issue(code="RULE_INVALID", severity="error", message=str(error))
    defects = config.defects
    in_mm = [name for name, polygon in defects.polygons.items() if polygon.unit == "mm"]
    if in_mm and config.mm_per_px is None:
        message = f"polygons {', '.join(in_mm)} are in mm, but mm_per_px is not set"
        yield Issue(code="SCALE_MISSING", severity="error", message=message)
    form = defects.shape_filters
    if form.max_aspect_ratio is not None:
        message = "shape_filters.max_aspect_ratio deletes scratches and cracks; check it: redrabbit preflight --check"
        yield Issue(code="FILTER_DELETES_LINES", severity="warning", message=message)
    if defects.open_ksize > 1:
        message = f"open_ksize {defects.open_ksize} deletes every line thinner than {defects.open_ksize} px"
        yield Issue(code="FILTER_DELETES_LINES", severity="warning", message=message)
    if defects.min_score_max is not None or defects.min_score_mean is not None:
        message = "min_score_max and min_score_mean are in the detector's own unit; they mean nothing for another one"
        yield Issue(code="SCORE_UNIT", severity="info", message=message)
    if defects.map_smoothing.method != "none" and not defects.map_smoothing.active:
        message = "map_smoothing names a method but no ksize or sigma; nothing is smoothed"
        yield Issue(code="SMOOTHING_IDLE", severity="warning", message=message)
    if defects.polygons_only and not any(not polygon.ignore for polygon in defects.polygons.values()):
        yield Issue(
            code="NOTHING_TO_LOOK_AT", severity="error", message="polygons_only is set, but no polygon is drawn"
        )


def _bundle(path: Path, replay_samples: bool) -> Iterator[Issue]:
    try:
        bundle = Bundle.load(path)
    except RedRabbitError as error:
        yield Issue(code="BUNDLE_INVALID", severity="error", message=str(error))
        return
    yield from meaning(bundle.config)
    limits = bundle.calibration
    if not limits.guarantee_met:
        yield Issue(code="PROMISE_NOT_MET", severity="warning", message=limits.words)
    extra = {
        file.relative_to(path).as_posix() for file in path.rglob("*") if file.is_file() and file.name != MANIFEST
    } - set(bundle.manifest.files)
    if extra:
        message = f"files that are not of the bundle: {', '.join(sorted(extra)[:5])}"
        yield Issue(code="EXTRA_FILES", severity="info", message=message)
    try:
        _ = bundle.detector
    except RedRabbitError as error:
        yield Issue(code="DETECTOR_MISSING", severity="error", message=str(error))
        return
    yield from _environment(path)
    if replay_samples:
        found = replay(bundle)
        if found.same:
            message = f"{len(found.photos)} archived photos give the scores they had at fit"
            yield Issue(code="REPLAY_SAME", severity="info", message=message)
        else:
            worst = max(found.photos, key=lambda one: abs(one.now - one.then))
            message = (
                f"{worst.photo} scores {worst.now:.6g}, at fit {worst.then:.6g}; the bundle does not work as it did"
            )
            yield Issue(code="REPLAY_DIFFERS", severity="error", message=message)


def _environment(path: Path) -> Iterator[Issue]:
    from tools.detection.environment import collect_environment

    then = json.loads((path / "environment.json").read_text(encoding="utf-8"))
    now = collect_environment()
    for name in ("torch", "onnxruntime", "opencv-python-headless"):
        before, after = then.get("packages", {}).get(name), now["packages"].get(name)
        if before != after:
            message = f"fitted with {name} {before}, here is {after}; scores may differ in the last digits"
            yield Issue(code="VERSION_DIFFERS", severity="info", message=message, context={"package": name})
