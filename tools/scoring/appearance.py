"""How a defect looks, as a few numbers that words exist for, and how far that is from how it should look.

The numbers of reference pictures (real defects, or the one an engineer chose) are what a rendering is compared with;
the feedback names the largest gap in words that a person, a rule or a language model can act on.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from tools.scoring.case import RING_PX, Case, Term
from tools.scoring.measure import measure
from tools.vision.masks import components
from tools.vision.types import Mask, RgbImage


@dataclass(frozen=True)
class Looks:
    """One defect's looks.

    `contrast` is the signed lightness difference to the surroundings (-1 to 1), a pixel weighing as much as it differs,
    so that the core of a thin line counts and not its soft sides; `texture` the spread of lightness
    inside beyond that around (in L* / 100), `softness` the share of the contrast that lies in the outermost pixels,
    `raggedness` one minus solidity, `size` the square root of the area as a share of the photo's short side, `tint` the
    colour shift (a*, b*) length over 100.
    """

    contrast: float
    texture: float
    softness: float
    raggedness: float
    size: float
    tint: float


WORDS: dict[str, tuple[str, str]] = {
    "contrast": ("too bright", "too dark"),
    "texture": ("too mottled", "too even"),
    "softness": ("edge too soft", "edge too sharp"),
    "raggedness": ("too ragged", "too regular"),
    "size": ("too large", "too small"),
    "tint": ("too colourful", "too colourless"),
}
"""Looks → what to say when there is too much of it, and too little."""

SCALES = {"contrast": 0.08, "texture": 0.04, "softness": 0.25, "raggedness": 0.2, "size": 0.35, "tint": 0.05}
"""A gap of one scale halves the term; `size` is compared as a logarithm."""


def looks_of(image: RgbImage, mask: Mask) -> Looks | None:
    """Measure a picture's defect; None for an empty mask."""
    inside = mask > 0
    if not inside.any():
        return None
    lab = cv2.cvtColor(image.astype(np.float32) / 255, cv2.COLOR_RGB2LAB) / 100
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * RING_PX + 1, 2 * RING_PX + 1))
    ring = (cv2.dilate(inside.astype(np.uint8), kernel) > 0) & ~inside
    around = lab[ring] if ring.any() else lab[inside]
    centre = np.median(around, axis=0)
    difference = lab[inside] - centre
    depth = cv2.distanceTransform(np.pad(inside.astype(np.uint8), 1), cv2.DIST_L2, 3)[1:-1, 1:-1][inside]
    rim, core = np.abs(difference[depth <= 1.5, 0]), np.abs(difference[depth > 1.5, 0])
    softness = 1 - float(rim.mean()) / max(float(core.mean()), 1e-3) if rim.size and core.size else 0.0
    largest = max(components(mask), key=lambda part: part.area_px)
    return Looks(
        contrast=weighted_mean(difference[:, 0]),
        texture=float(difference[:, 0].std() - around[:, 0].std()),
        softness=float(np.clip(softness, -1, 1)),
        raggedness=1 - measure(largest).solidity,
        size=math.sqrt(float(inside.sum())) / min(mask.shape),
        tint=float(np.hypot(*difference[:, 1:].mean(axis=0))),
    )


def weighted_mean(values: NDArray[np.floating]) -> float:
    """Mean of signed values, each weighted with its size: the values' own where they are equal, 0 for noise."""
    weights = np.abs(values)
    return float((values * weights).sum() / max(float(weights.sum()), 1e-9))


def mean_looks(references: Sequence[tuple[RgbImage, Mask]]) -> Looks | None:
    """The mean looks of reference pictures; None where none of them has a mask."""
    found = [looks for image, mask in references if (looks := looks_of(image, mask)) is not None]
    if not found:
        return None
    return Looks(**{name: float(np.mean([getattr(looks, name) for looks in found])) for name in WORDS})


def gaps(have: Looks, want: Looks) -> dict[str, float]:
    """Signed gaps in units of each look's scale: positive is too much."""
    found = {name: (getattr(have, name) - getattr(want, name)) / SCALES[name] for name in WORDS if name != "size"}
    found["size"] = math.log(max(have.size, 1e-4) / max(want.size, 1e-4)) / SCALES["size"]
    return found


def sentence(found: dict[str, float], at_least: float = 0.3) -> str:
    """The gaps in words, largest first: "too dark (2.1), edge too sharp (0.8)"."""
    order = sorted(found.items(), key=lambda item: -abs(item[1]))
    return ", ".join(f"{WORDS[name][gap < 0]} ({abs(gap):.1f})" for name, gap in order if abs(gap) >= at_least)


class Appearance:
    """Looks against the references' looks: 2 ** -g, where g is the root mean square gap in scales."""

    name = "appearance"

    def __init__(self, references: Sequence[tuple[RgbImage, Mask]]) -> None:
        self.want = mean_looks(references)

    def score(self, case: Case) -> Term:
        """How near the looks are to the references'."""
        have = looks_of(case.image, case.mask)
        if have is None:
            return Term(self.name, 0.0, "nothing was drawn")
        if self.want is None:
            return Term(self.name, 1.0)
        found = gaps(have, self.want)
        return Term(self.name, 2 ** -float(np.sqrt(np.mean([gap**2 for gap in found.values()]))), sentence(found))
