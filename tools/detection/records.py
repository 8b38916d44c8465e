"""One line of `results.jsonl`: what was decided about one photo, from what, and why."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from tools.detection.postprocess.protocol import StageLog
from tools.detection.regions import Region

Verdict = Literal["ok", "review", "ng", "cannot_judge"]


class InspectionRecord(BaseModel):
    """The verdict on one photo. Paths are absolute; `score` is higher for worse parts.

    `score` is None where no score could be had; then the verdict is `cannot_judge`.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    input: str
    """The photo, as it was named."""
    verdict: Verdict
    reasons: tuple[str, ...] = ()
    """Why, in words, the deciding one first."""
    score: float | None = None
    score_threshold: float
    """At or above it the part is NG."""
    score_review: float | None = None
    """At or above it the part is to be looked at."""
    pixel_threshold: float | None = None
    regions: tuple[Region, ...] = ()
    """Worst first."""
    mask: str | None = None
    """0/255 mask of the regions; None where the photo could not be judged."""
    map: str | None = None
    """`float32` score map, `.npy`, image height x width; with `--save-maps`."""
    overlay: str | None = None
    report: str | None = None
    removed: tuple[StageLog, ...] = ()
    """What post-processing took away, by stage."""
    width_px: int | None = None
    height_px: int | None = None
    mm_per_px: float | None = None
    guarantee_met: bool | None = None
    """Does the promised false-alarm rate hold for these thresholds and this post-processing?"""
    detector: str = ""
    bundle: str = ""
    """Id of the bundle."""
    input_sha256: str | None = None
    """Of the file."""
    time_utc: str = ""
    timing_ms: float = 0.0
    """From decoding to the mask's pixels."""
    timing_stages_ms: dict[str, float] = Field(default_factory=dict)
    error: str | None = None
    """Why the photo could not be read or scored."""
