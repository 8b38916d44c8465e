"""The seam of post-processing: a stage takes a state, gives the next one, and writes down what it took away."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Protocol

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict

from tools.detection.errors import DetectionError
from tools.vision.masks import BoolMask, Component
from tools.vision.types import ScoreMap

MAX_EXAMPLES = 8
"""A log entry names at most this many of the removed components, largest first."""


class NothingToJudgeError(DetectionError):
    """The map holds no usable value where the line looks: it is not finite, or everything is ignored."""


class Removal(BaseModel):
    """One component that a stage took away."""

    model_config = ConfigDict(frozen=True)

    bbox_xyxy: tuple[int, int, int, int]
    area_px: int
    score_max: float
    reason: str


class StageLog(BaseModel):
    """What one stage took away from one image."""

    model_config = ConfigDict(frozen=True)

    stage: str
    removed_regions: int
    removed_px: int
    examples: tuple[Removal, ...] = ()


@dataclass(frozen=True)
class State:
    """What passes from stage to stage.

    `scores`: `float32` H x W, smoothed where asked. `valid`: where the line looks. `mask`: what is marked so far,
    always inside `valid`. `groups`: the final components, those reported together side by side. `threshold`: `float32`
    H x W, the pixel threshold at each place.
    """

    scores: ScoreMap
    valid: BoolMask
    threshold: NDArray[np.float32]
    mask: BoolMask
    groups: tuple[tuple[Component, ...], ...] = ()
    log: tuple[StageLog, ...] = ()

    def with_log(self, entry: StageLog) -> State:
        """The same state with an entry appended, if it removed anything."""
        return self if entry.removed_px == 0 and entry.removed_regions == 0 else replace(self, log=(*self.log, entry))


class Stage(Protocol):
    """One step. Takes and gives `State`; never changes the arrays that it got; logs what it removed."""

    @property
    def name(self) -> str:
        """What the log calls it."""
        ...

    def __call__(self, state: State, /) -> State:
        """Apply the step.

        Raises:
            NothingToJudgeError: nothing is left that could be judged.
        """
        ...


def log_of(stage: str, scores: ScoreMap, gone: Iterable[tuple[Component, str]]) -> StageLog:
    """The entry for components that went, each with its reason."""
    parts = list(gone)
    largest = sorted(parts, key=lambda item: (-item[0].area_px, item[0].box_xyxy))[:MAX_EXAMPLES]
    examples = tuple(
        Removal(
            bbox_xyxy=part.box_xyxy,
            area_px=part.area_px,
            score_max=float(scores[part.slices()][part.pixels].max()),
            reason=reason,
        )
        for part, reason in largest
    )
    removed = sum(part.area_px for part, _ in parts)
    return StageLog(stage=stage, removed_regions=len(parts), removed_px=removed, examples=examples)
