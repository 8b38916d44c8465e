"""One photo of an inspection: judge it, write its files, make its record."""

from __future__ import annotations

import hashlib
import io
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

from tools.detection.acceptance import AcceptanceRules
from tools.detection.bundle import Bundle
from tools.detection.config import InspectConfig
from tools.detection.errors import DetectionError
from tools.detection.loader import Loaded
from tools.detection.part import frame_and_foreground
from tools.detection.profile import Profile
from tools.detection.protocol import Prediction
from tools.detection.records import InspectionRecord
from tools.detection.verdict import Judgement, cannot_judge, judge
from tools.vision.images import save_png, write_atomic
from tools.vision.masks import encode_mask
from tools.vision.overlay import heat_overlay
from tools.vision.types import RgbImage

Finish = Callable[[InspectionRecord, RgbImage], InspectionRecord]


@dataclass(frozen=True)
class InspectOptions:
    """What to write and how to work."""

    save_maps: bool = False
    save_overlays: bool = True
    with_rle: bool = False
    continue_on_error: bool = False
    max_errors: int = 0
    """Stop after so many unreadable photos; 0: never."""
    batch_size: int = 8
    num_workers: int = 2
    check_suitability: bool = True
    resume: bool = True
    finish: Finish | None = None
    """Called with the record and the photo before the line is written; may add a report's path."""


@dataclass
class Run:
    """What all photos of an inspection share."""

    bundle: Bundle
    config: InspectConfig
    out: Path
    options: InspectOptions
    profile: Profile
    rules: AcceptanceRules | None
    guarantee: bool = field(default=False)


def record_one(run: Run, one: Loaded, prediction: Prediction | str | None, detect_ms: float) -> InspectionRecord:
    """The record of one photo, its files written.

    Args:
        prediction: of the detector; a message where it failed; None where the photo could not be read.
    """
    timing = {"decode": one.decode_ms}
    image = one.image
    if image is None or prediction is None:
        run.profile.errors += 1
        return _record(run, one, cannot_judge([str(one.error)]), None, timing)
    timing["detect"] = detect_ms
    started = time.perf_counter()
    shown: Prediction | None = None
    if isinstance(prediction, str):
        run.profile.errors += 1
        judgement = cannot_judge([prediction])
        one = replace(one, error=prediction)
    else:
        judgement, shown = decide(run, image, prediction), prediction
    timing["judge"] = (time.perf_counter() - started) * 1e3
    started = time.perf_counter()
    record = _record(run, one, judgement, shown, timing)
    if run.options.finish is not None:
        record = run.options.finish(record, image)
    timing["write"] = (time.perf_counter() - started) * 1e3
    for stage, milliseconds in timing.items():
        run.profile.add(stage, milliseconds)
    return record.model_copy(update={"timing_stages_ms": {name: round(value, 3) for name, value in timing.items()}})


def decide(run: Run, image: RgbImage, prediction: Prediction) -> Judgement:
    """The verdict on one photo.

    Raises:
        DetectionError: the detector's map does not have the photo's size.
    """
    smallest = run.config.verdict.reject_below_px
    if min(image.shape[:2]) < smallest:
        return cannot_judge([f"the picture is smaller than {smallest} px"])
    if prediction.map.shape != image.shape[:2]:
        raise DetectionError(f"the detector's map is {prediction.map.shape} for a picture of {image.shape[:2]}")
    if run.options.check_suitability:
        vectors = run.bundle.embed([image])
        objections = run.bundle.suitability.objections(image, None if vectors is None else vectors[0])
        if objections:
            return cannot_judge(objections)
    chain = run.bundle.chain(run.config, with_rle=run.options.with_rle)
    frame, foreground = frame_and_foreground(image, run.config.defects)
    limits = run.bundle.limits(run.config)
    return judge(prediction, chain, limits, run.rules, frame=frame, foreground=foreground)


def _record(
    run: Run, one: Loaded, judgement: Judgement, prediction: Prediction | None, timing: dict[str, float]
) -> InspectionRecord:
    """Write the photo's files, then its record."""
    limits = run.bundle.limits(run.config)
    files = {} if one.image is None else _write_files(run, one, judgement, prediction)
    score = None if prediction is None or not np.isfinite(prediction.score) else float(prediction.score)
    return InspectionRecord(
        input=str(one.path),
        verdict=judgement.verdict,
        reasons=judgement.reasons,
        score=score,
        score_threshold=limits.score_threshold,
        score_review=limits.score_review,
        pixel_threshold=limits.pixel_threshold,
        regions=judgement.regions,
        removed=judgement.outcome.log if judgement.outcome is not None else (),
        width_px=None if one.image is None else one.image.shape[1],
        height_px=None if one.image is None else one.image.shape[0],
        mm_per_px=run.config.mm_per_px,
        guarantee_met=run.guarantee,
        detector=run.bundle.manifest.detector,
        bundle=run.bundle.bundle_id,
        input_sha256=one.sha256,
        time_utc=datetime.now(UTC).isoformat(timespec="milliseconds"),
        timing_ms=round(sum(timing.values()), 3),
        timing_stages_ms=timing,
        error=one.error,
        **files,
    )


def _write_files(run: Run, one: Loaded, judgement: Judgement, prediction: Prediction | None) -> dict[str, str]:
    """Mask, map and overlay; absolute paths by field name."""
    assert one.image is not None
    name = f"{one.path.stem}-{hashlib.sha256(str(one.path).encode()).hexdigest()[:8]}"
    files: dict[str, str] = {}
    if judgement.mask is not None:
        kind = run.config.defects.mask_format
        target = run.out / "masks" / f"{name}.{kind}"
        write_atomic(target, encode_mask(judgement.mask, kind))
        files["mask"] = str(target)
    if prediction is not None and run.options.save_maps:
        target = run.out / "maps" / f"{name}.npy"
        buffer = io.BytesIO()
        np.save(buffer, prediction.map.astype(np.float32), allow_pickle=False)
        write_atomic(target, buffer.getvalue())
        files["map"] = str(target)
    if prediction is not None and run.options.save_overlays:
        target = run.out / "overlays" / f"{name}.png"
        limits = run.bundle.limits(run.config)
        picture = heat_overlay(
            one.image,
            prediction.map,
            baseline=min(limits.baseline, limits.pixel_threshold - 1e-6),
            threshold=limits.pixel_threshold,
            mask=judgement.mask,
        )
        files["overlay"] = str(save_png(target, picture))
    return files
