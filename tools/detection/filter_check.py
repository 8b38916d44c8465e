"""Would these filters delete the defects that they are there to find?

A set of post-processing is tried on the Blueprint's own masks: each drawn mask is given to the chain as a perfect score
map. What does not come out would be deleted on the line too, however good the detector. Sets that delete more than a
stated share are refused.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from pydantic import BaseModel, ConfigDict

from tools.blueprint.model import Blueprint
from tools.detection.config import DefectsConfig
from tools.detection.errors import DetectionInputError
from tools.detection.postprocess import Chain, NothingToJudgeError
from tools.generation.errors import BlueprintDoesNotFitError
from tools.generation.registry import get_generator
from tools.generation.sampling import sample_blueprints
from tools.vision.types import Mask, RgbImage

MAX_DELETED = 0.05
"""Largest share of masks that a set of filters may delete."""

CLEAR = 4.0
"""Score of a clearly seen defect, in thresholds."""


class FilterCheck(BaseModel):
    """What a set of filters does to perfect masks of one kind of defect."""

    model_config = ConfigDict(frozen=True)

    name: str
    masks: int
    deleted: int
    reasons: Mapping[str, int]
    """Why: the filter's own words without numbers → masks."""

    @property
    def share(self) -> float:
        """Share of masks deleted whole."""
        return self.deleted / self.masks if self.masks else 0.0

    @property
    def passed(self) -> bool:
        """Few enough are deleted."""
        return self.share <= MAX_DELETED

    @property
    def words(self) -> str:
        """The result as a sentence."""
        why = ", ".join(f"{reason} ({count})" for reason, count in sorted(self.reasons.items(), key=lambda i: -i[1]))
        return f"{self.deleted} of {self.masks} {self.name} masks are deleted" + (f": {why}" if why else "")


def check_masks(masks: Sequence[Mask], settings: DefectsConfig, *, name: str = "defect") -> FilterCheck:
    """Put perfect masks (0/255) through a chain.

    The score map is four times the threshold on the defect and 0 elsewhere: a defect that the detector sees clearly.
    Thresholds and score filters are set aside, for they speak of values that a mask does not have; everything about
    place, smoothing and form is applied. Empty masks are left out.
    """
    form = settings.model_copy(
        update={"pixel_threshold": None, "min_score_max": None, "min_score_mean": None, "hysteresis": _off(settings)}
    )
    chain = Chain(form)
    deleted = count = 0
    reasons: dict[str, int] = {}
    for mask in masks:
        if not mask.any():
            continue
        count += 1
        try:
            state = chain.finish(chain.prepare((mask > 0) * np.float32(CLEAR)), 1.0)
            hit = bool((state.mask & (mask > 0)).any())
            log = [one.reason for entry in state.log for one in entry.examples]
        except NothingToJudgeError as error:
            hit, log = False, [str(error)]
        if not hit:
            deleted += 1
            reason = _kind(log)
            reasons[reason] = reasons.get(reason, 0) + 1
    return FilterCheck(name=name, masks=count, deleted=deleted, reasons=reasons)


def check_blueprint(
    blueprint: Blueprint, photos: Sequence[RgbImage], settings: DefectsConfig, *, count: int = 40, seed: int = 0
) -> FilterCheck:
    """Draw a Blueprint's defects on photos and put their masks through a chain.

    Raises:
        DetectionInputError: not one of them fits on these photos.
    """
    generator = get_generator()
    masks = []
    for number, one in enumerate(sample_blueprints(blueprint, count, seed)):
        try:
            masks.append(generator.generate(one, photos[number % len(photos)], seed + number).mask)
        except BlueprintDoesNotFitError:
            continue
    if not masks:
        raise DetectionInputError("no defect of this Blueprint fits these photos; change its size or give the scale")
    return check_masks(masks, settings, name=str(blueprint.defect_type))


def refuse_deleting(checks: Sequence[FilterCheck]) -> None:
    """Raise where a set of filters deletes more than it may.

    Raises:
        DetectionInputError: with what is deleted and by which filter.
    """
    bad = [check for check in checks if not check.passed]
    if bad:
        told = "; ".join(check.words for check in bad)
        raise DetectionInputError(
            f"these filters delete the defects they are to find ({told}; at most {MAX_DELETED:.0%} is allowed); "
            "loosen them"
        )


def _off(settings: DefectsConfig):  # type: ignore[no-untyped-def]
    return settings.hysteresis.model_copy(update={"enabled": False})


def _kind(log: Sequence[str]) -> str:
    """The filter that is named in a reason, such as `max_aspect_ratio`."""
    if not log:
        return "region of interest, border or smoothing"
    return log[0].rpartition(", ")[2].split(" ")[0]
