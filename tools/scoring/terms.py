"""The single-image terms of the score vector, each in [0, 1] with a sentence of feedback.

Every term is a small class behind `Scorer`; `TERMS` lists them. Realism against reference photos is in `realism`,
diversity of a set in `diversity`.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import cv2
import numpy as np

from tools.blueprint.model import Severity
from tools.generation.errors import BlueprintDoesNotFitError
from tools.generation.renderer.foreground import find_part
from tools.generation.renderer.region import find_region
from tools.scoring.appearance import weighted_mean
from tools.scoring.case import RING_PX, Case, Scorer, Term
from tools.scoring.measure import Measured, measure
from tools.vision.masks import Component

TOLERANCE = 0.05
"""Sizes within 5 % are right."""
WANTED_DELTA_E: dict[Severity | None, float] = {
    Severity.MINOR: 6.0,
    None: 10.0,
    Severity.MODERATE: 10.0,
    Severity.SEVERE: 16.0,
    Severity.CRITICAL: 22.0,
}
"""Mean colour difference to the surroundings (CIE76) that a severity should have at least."""
LOW_CONTRAST = 40.0
"""Colour difference that a contrast of 1 comes to at least."""


def ratio_score(ratio: float) -> float:
    """1 within the tolerance, then falling with the logarithm: 0.5 at a factor of 1.5, 0 at a factor of 2.25."""
    if ratio <= 0:
        return 0.0
    excess = max(abs(math.log(ratio)) - TOLERANCE, 0.0)
    return max(0.0, 1.0 - excess / (2 * math.log(1.5)))


@dataclass(frozen=True)
class Geometry:
    """Measured length, width, diameter and count against the Blueprint's ranges; the worst of them counts.

    Nothing asked, nothing wrong: 1. Millimetres need the Blueprint's `mm_per_px`.
    """

    name: str = "geometry"

    def score(self, case: Case) -> Term:
        """Compare every component with every size that the Blueprint states."""
        if not case.parts:
            return Term(self.name, 0.0, "nothing was drawn")
        found = self._count(case) + self._sizes(case)
        worst = min(found, default=(1.0, ""))
        return Term(self.name, worst[0], worst[1] if worst[0] < 1 else "")

    def _count(self, case: Case) -> list[tuple[float, str]]:
        wanted, have = case.blueprint.count, len(case.parts)
        if wanted is None or wanted.min <= have <= wanted.max:
            return []
        near = wanted.min if have < wanted.min else wanted.max
        return [(min(have, near) / max(have, near), f"{have} defects instead of {near}")]

    def _sizes(self, case: Case) -> list[tuple[float, str]]:
        scale, geometry = case.blueprint.mm_per_px, case.blueprint.geometry
        if scale is None:
            return []
        found = []
        for part in case.parts:
            sizes: Measured = measure(part)
            for name in ("length", "width", "diameter"):
                wanted = getattr(geometry, f"{name}_mm")
                if wanted is None:
                    continue
                have = getattr(sizes, f"{name}_px") * scale
                # One pixel either way is the grid's, not the drawing's.
                low, high = wanted.min - scale, wanted.max + scale
                if low <= have <= high:
                    continue
                ratio = have / (wanted.min if have < low else wanted.max)
                word = "large" if ratio > 1 else "small"
                times = ratio if ratio > 1 else 1 / ratio
                found.append((ratio_score(ratio), f"{name} {times:.1f}x too {word}"))
        return found


@dataclass(frozen=True)
class Visibility:
    """Colour difference (CIE76) of the defect to the ring around it or to the photo under it, whichever is smaller (a
    coarse texture differs from its ring without any defect), against the wanted value and the texture:
    sqrt(min(dE / wanted, 1) * min(dE / (2 * local spread), 1)); above four times the wanted value it falls. A pixel
    weighs as much as it differs, so that the core of a thin line counts and not its soft sides. Wanted is the
    severity's value, less where the Blueprint asks for a low contrast."""

    name: str = "visibility"

    def score(self, case: Case) -> Term:
        """How clearly the defect stands out."""
        inside = case.mask > 0
        if not inside.any() or not case.ring.any():
            return Term(self.name, 0.0, "nothing was drawn")
        around = case.lab[case.ring]
        centre = np.median(around, axis=0)
        apart = weighted_mean(np.linalg.norm(case.lab[inside] - centre, axis=1))
        difference = min(apart, weighted_mean(np.linalg.norm(case.changed_lab, axis=1)))
        spread = float(np.linalg.norm(around - centre, axis=1).mean())
        wanted = _wanted(case)
        seen = math.sqrt(min(difference / wanted, 1.0) * min(difference / max(2 * spread, 1e-6), 1.0))
        if difference > 4 * wanted:
            return Term(self.name, max(0.0, 4 * wanted / difference), f"contrast too strong, dE {difference:.0f}")
        text = "" if seen > 0.99 else f"hardly visible, dE {difference:.1f} on a texture of {spread:.1f}"
        return Term(self.name, seen, text)


def _wanted(case: Case) -> float:
    wanted, contrast = WANTED_DELTA_E[case.blueprint.severity], case.blueprint.appearance.contrast
    return wanted if contrast is None else min(wanted, LOW_CONTRAST * max(abs(contrast.min), abs(contrast.max), 0.05))


@dataclass(frozen=True)
class Placement:
    """Share of the defects whose middle lies where the Blueprint wants it, on the part; 1 where no place was said."""

    name: str = "placement"

    def score(self, case: Case) -> Term:
        """Where the defects lie."""
        if not case.parts:
            return Term(self.name, 0.0, "nothing was drawn")
        try:
            region = find_region(case.blueprint, find_part(case.photo), 1.0)
        except BlueprintDoesNotFitError as error:
            return Term(self.name, 0.0, str(error))
        grown = cv2.dilate(region.centres.astype(np.uint8), np.ones((2 * RING_PX + 1, 2 * RING_PX + 1), np.uint8))
        hits = [bool(grown[_middle(part)]) for part in case.parts]
        share = sum(hits) / len(hits)
        return Term(self.name, share, "" if share == 1 else f"wrong place: {1 - share:.0%} lie outside {region.words}")


def _middle(part: Component) -> tuple[int, int]:
    rows, columns = np.nonzero(part.pixels)
    x1, y1, _, _ = part.box_xyxy
    return y1 + round(float(rows.mean())), x1 + round(float(columns.mean()))


@dataclass(frozen=True)
class Preservation:
    """Share of pixels outside the mask that are the photo's own; below 1 the score falls tenfold faster."""

    name: str = "preservation"

    def score(self, case: Case) -> Term:
        """Was the photo left alone."""
        outside = case.mask == 0
        changed = float((case.image != case.photo).any(axis=2)[outside].mean()) if outside.any() else 0.0
        text = "" if changed == 0 else f"{changed:.1%} of the pixels outside the mask changed"
        return Term(self.name, max(0.0, 1.0 - 10 * changed), text)


TERMS: tuple[Scorer, ...] = (Geometry(), Visibility(), Placement(), Preservation())


def score_vector(case: Case, scorers: tuple[Scorer, ...] = TERMS) -> dict[str, Term]:
    """All terms by name."""
    return {scorer.name: scorer.score(case) for scorer in scorers}
