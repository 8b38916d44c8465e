"""How small a defect does this line find? Sculpted defects of rising size on good photos it has not seen.

Each trial draws one defect of a known size on a held-out good photo and lets the bundle judge it. A hit is a verdict NG
with a region on the defect. The curve is `pod_fit`'s; what it says holds for defects that look like the sculpted ones,
which is why the Blueprint travels with the result.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from pydantic import BaseModel, ConfigDict

from tools.blueprint.model import Blueprint, Origin, Zone
from tools.blueprint.registry import get_defect_type
from tools.detection.bundle import Bundle
from tools.detection.errors import DetectionInputError
from tools.detection.inspect import inspect_image
from tools.detection.pod_fit import PodFit, fit_pod
from tools.generation.errors import BlueprintDoesNotFitError
from tools.generation.registry import get_generator
from tools.vision.images import load_image

NEAR_PX = 4
"""A region this near to the defect's mask counts as on it."""
MIN_TRIALS = 20


class Trial(BaseModel):
    """One sculpted defect and what became of it."""

    model_config = ConfigDict(frozen=True)

    size: float
    """Asked, in the curve's unit."""
    measured: float
    """Largest extent of the drawn mask, in the curve's unit."""
    hit: bool
    verdict: str
    photo: str
    seed: int


class PodCurve(BaseModel):
    """Probability of detection of one type in one zone."""

    model_config = ConfigDict(frozen=True)

    defect_type: str
    zone: str | None
    unit: str
    """`mm`, or `px` where the scale is not known."""
    blueprint: Blueprint
    trials: tuple[Trial, ...]
    not_drawn: int
    """Trials that did not fit on their photo."""
    a50: float | None
    """None where it lies beyond the sizes that were tried; so for the next two."""
    a90: float | None
    a90_95: float | None
    b0: float
    b1: float
    reached: bool
    """Is `a90_95` inside the sizes that were tried?"""
    words: str

    @property
    def fit(self) -> PodFit:
        """The curve."""
        return PodFit(self.b0, self.b1, self.a50, self.a90, self.a90_95, False, 0.0)


@dataclass(frozen=True)
class PodPlan:
    """What to try: sizes from `low` to `high` (in the unit), evenly on a logarithmic scale, `trials` of them."""

    low: float
    high: float
    trials: int = 80
    seed: int = 0


def measure_pod(
    bundle: Bundle,
    good: Sequence[Path],
    blueprint: Blueprint,
    plan: PodPlan,
    *,
    zone: Zone | None = None,
    allow_seen: bool = False,
    progress: Callable[[int, int, str], None] | None = None,
) -> PodCurve:
    """One curve.

    Args:
        bundle: the line.
        good: photos of good parts that were not used at fit.
        blueprint: the kind of defect; its main size is varied, everything else stays as it says.
        plan: sizes and number of trials.
        zone: draw only there.
        allow_seen: also take photos that the bundle was fitted on (then the curve flatters).

    Raises:
        DetectionInputError: no defect type, no unseen photo, sizes that make no sense, or hardly any defect fits.
    """
    if blueprint.defect_type is None:
        raise DetectionInputError("the Blueprint names no defect type; say which defect")
    if not 0 < plan.low < plan.high or plan.trials < MIN_TRIALS:
        raise DetectionInputError(f"sizes must rise from above 0, with at least {MIN_TRIALS} trials")
    photos = _unseen(bundle, good, allow_seen)
    scale = bundle.config.mm_per_px or blueprint.mm_per_px
    ready = _ready(blueprint, scale or 1.0, zone)
    sizes = np.exp(np.linspace(np.log(plan.low), np.log(plan.high), plan.trials))
    generator = np.random.default_rng(plan.seed)
    trials: list[Trial] = []
    for number, size in enumerate(sizes):
        photo = photos[int(generator.integers(len(photos)))]
        trial = _try(bundle, photo, ready, float(size), plan.seed * 100_003 + number, scale or 1.0)
        if trial is not None:
            trials.append(trial)
        if progress is not None:
            progress(number + 1, plan.trials, f"{blueprint.defect_type} of {size:.3g}")
    if len(trials) < MIN_TRIALS:
        raise DetectionInputError(
            f"only {len(trials)} of {plan.trials} {blueprint.defect_type} defects fit these photos; take smaller ones"
        )
    return _curve(ready, zone, "mm" if scale else "px", trials, plan, plan.trials - len(trials))


def _unseen(bundle: Bundle, good: Sequence[Path], allow_seen: bool) -> list[Path]:
    if allow_seen:
        return list(good)
    seen = set(bundle.manifest.good.sha256)
    fresh = [path for path in good if hashlib.sha256(path.read_bytes()).hexdigest() not in seen]
    if not fresh:
        raise DetectionInputError(
            "every good photo given was used to fit this bundle; give photos that it has not seen (or --allow-seen)"
        )
    return fresh


def _ready(blueprint: Blueprint, scale: float, zone: Zone | None) -> Blueprint:
    """One defect at a time, at this scale and in this zone."""
    changes: dict[str, object] = {"mm_per_px": scale, "count": {"min": 1, "max": 1}}
    if zone is not None:
        changes |= {"placement.zone": zone.value, "placement.polygon": None, "placement.box": None}
    return blueprint.with_changes(changes, Origin.EDITED)


def _try(bundle: Bundle, path: Path, blueprint: Blueprint, size: float, seed: int, scale: float) -> Trial | None:
    """Draw and judge one defect; None where it does not fit on this photo."""
    field = get_defect_type(str(blueprint.defect_type)).main_size
    asked = blueprint.with_changes({f"geometry.{field}": {"min": size, "max": size}}, Origin.EDITED)
    try:
        drawn = get_generator().generate(asked, load_image(path), seed)
    except BlueprintDoesNotFitError:
        return None
    judged = inspect_image(drawn.image, bundle)
    near = cv2.dilate(drawn.mask, np.ones((2 * NEAR_PX + 1, 2 * NEAR_PX + 1), np.uint8)) > 0
    on_it = judged.mask is not None and bool(((judged.mask > 0) & near).any())
    rows, columns = np.nonzero(drawn.mask)
    extent = float(np.hypot(np.ptp(rows) + 1, np.ptp(columns) + 1)) * scale
    return Trial(
        size=size,
        measured=extent,
        hit=judged.verdict == "ng" and on_it,
        verdict=judged.verdict,
        photo=path.name,
        seed=seed,
    )


def _curve(
    blueprint: Blueprint, zone: Zone | None, unit: str, trials: Sequence[Trial], plan: PodPlan, missing: int
) -> PodCurve:
    found = fit_pod(np.array([trial.size for trial in trials]), np.array([trial.hit for trial in trials]))
    name = str(blueprint.defect_type)
    # beyond the sizes that were tried a value would be a guess
    a50, a90, bound = (None if one is None or one > plan.high else one for one in (found.a50, found.a90, found.a90_95))
    reached = bound is not None
    return PodCurve(
        defect_type=name,
        zone=None if zone is None else zone.value,
        unit=unit,
        blueprint=blueprint,
        trials=tuple(trials),
        not_drawn=missing,
        a50=a50,
        a90=a90,
        a90_95=bound,
        b0=found.b0,
        b1=found.b1,
        reached=reached,
        words=_words(name, zone, unit, trials, found, plan, reached),
    )


def _plural(name: str) -> str:
    word = name.replace("_", " ")
    if word.endswith("ion"):
        return f"{word} marks"
    return f"{word}es" if word.endswith(("ch", "sh", "x")) else f"{word}s"


def _words(
    name: str, zone: Zone | None, unit: str, trials: Sequence[Trial], fit: PodFit, plan: PodPlan, reached: bool
) -> str:
    where = "" if zone is None else f" at {zone.value.replace('_', ' ')}"
    what = f"{_plural(name)}{where}"
    hits = sum(trial.hit for trial in trials)
    tail = f"{hits} of {len(trials)} sculpted ones of {plan.low:.3g} to {plan.high:.3g} {unit} were found"
    if hits == len(trials):
        return f"This line finds {what} from below {plan.low:.3g} {unit}: {tail}; try smaller sizes for the limit."
    if reached and fit.a90_95 is not None:
        return f"This line finds {what} from {fit.a90_95:.2g} {unit} (90 % of them, with 95 % confidence): {tail}."
    return f"This line does not reliably find {what} up to {plan.high:.3g} {unit}: {tail}."
