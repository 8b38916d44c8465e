"""What is scored: a picture with its mask, the photo it was drawn on, and the Blueprint it should show."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Protocol

import cv2
import numpy as np
from numpy.typing import NDArray

from tools.blueprint.model import Blueprint
from tools.scoring.errors import ScoringError
from tools.vision.masks import Component, components
from tools.vision.types import Mask, RgbImage

RING_PX = 8


@dataclass(frozen=True)
class Term:
    """One term of a score vector: `score` in [0, 1], and a sentence that says what to change (empty at 1)."""

    name: str
    score: float
    feedback: str = ""


@dataclass(frozen=True)
class Case:
    """One rendering to be scored.

    Raises:
        ScoringError: shapes do not fit together.
    """

    blueprint: Blueprint
    photo: RgbImage
    image: RgbImage
    mask: Mask

    def __post_init__(self) -> None:
        if not self.photo.shape == self.image.shape == (*self.mask.shape, 3):
            shapes = f"{self.photo.shape}, {self.image.shape} and {self.mask.shape}"
            raise ScoringError(f"photo, image and mask must be of one size, they are {shapes}")

    @cached_property
    def parts(self) -> list[Component]:
        """The mask's connected components."""
        return components(self.mask)

    @cached_property
    def lab(self) -> NDArray[np.float32]:
        """The image in CIE L*a*b* (L 0 to 100)."""
        return np.asarray(cv2.cvtColor(self.image.astype(np.float32) / 255, cv2.COLOR_RGB2LAB))

    @cached_property
    def changed_lab(self) -> NDArray[np.float32]:
        """What was changed in the mask: image minus photo in L*a*b*, `[pixels, 3]`."""
        inside = self.mask > 0
        before = self.photo[inside].reshape(-1, 1, 3).astype(np.float32) / 255
        return np.asarray(self.lab[inside] - cv2.cvtColor(before, cv2.COLOR_RGB2LAB).reshape(-1, 3))

    @cached_property
    def ring(self) -> NDArray[np.bool_]:
        """Unchanged pixels close to the defect."""
        kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * RING_PX + 1, 2 * RING_PX + 1))
        near = cv2.dilate((self.mask > 0).astype(np.uint8), kernel) > 0
        return np.asarray(near & (self.mask == 0))


class Scorer(Protocol):
    """A `Case` to one `Term`."""

    @property
    def name(self) -> str:
        """The term's name in the score vector."""
        ...

    def score(self, case: Case) -> Term:
        """Score in [0, 1] with feedback; never raises for an empty mask, which scores 0."""
        ...
