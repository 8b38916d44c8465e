"""Does a defect look as if it had been photographed: sharpness and grain against the photo, and patch features against
reference defects or the good surface.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from tools.scoring.case import Case, Term
from tools.scoring.distances import median_bandwidth
from tools.vision.backbone import Backbone
from tools.vision.types import Mask, RgbImage

PATCH_PX = 64


def _grey(image: RgbImage) -> NDArray[np.float32]:
    return np.asarray(cv2.cvtColor(image, cv2.COLOR_RGB2GRAY), dtype=np.float32)


def noise_sigma(grey: NDArray[np.float32], where: NDArray[np.bool_]) -> float:
    """Standard deviation of the grain: median absolute response of Immerkær's Laplacian difference (1996), scaled."""
    kernel = np.array([[1, -2, 1], [-2, 4, -2], [1, -2, 1]], dtype=np.float32)
    response = np.abs(cv2.filter2D(grey, cv2.CV_32F, kernel))[where]
    return float(np.median(response) / (0.6745 * 6)) if response.size else 0.0


@dataclass(frozen=True)
class Grain:
    """Ratio of the grain inside the defect to the grain around it; 1 from 0.5 to 3, falling outside.

    A patch that is cleaner than its surroundings is what gives most pasted defects away.
    """

    name: str = "grain"

    def score(self, case: Case) -> Term:
        """Grain inside against around."""
        inside = cv2.erode((case.mask > 0).astype(np.uint8), np.ones((3, 3), np.uint8)) > 0
        if inside.sum() < 30 or case.ring.sum() < 30:
            return Term(self.name, 1.0 if (case.mask > 0).any() else 0.0)
        grey = _grey(case.image)
        ratio = (noise_sigma(grey, inside) + 0.2) / (noise_sigma(grey, case.ring) + 0.2)
        if 0.5 <= ratio <= 3:
            return Term(self.name, 1.0)
        score = max(0.0, ratio / 0.5) if ratio < 0.5 else max(0.0, 1 - (ratio - 3) / 6)
        return Term(self.name, score, "too clean for this photo" if ratio < 1 else "too noisy for this photo")


@dataclass(frozen=True)
class Sharpness:
    """Steepest luminance step across the defect's outline against the steepest in the photo (99.5 % quantiles).

    1 while the outline is not steeper than what the camera shows elsewhere (factor 1.3 allowed), falling to 0 at 3.
    """

    name: str = "sharpness"

    def score(self, case: Case) -> Term:
        """Is an edge sharper than the camera could draw it."""
        grey = _grey(case.image)
        kernel = np.ones((3, 3), np.uint8)
        binary = (case.mask > 0).astype(np.uint8)
        if not binary.any():
            return Term(self.name, 0.0, "nothing was drawn")
        outline = (cv2.dilate(binary, kernel) - cv2.erode(binary, kernel)) > 0
        steps = cv2.magnitude(cv2.Sobel(grey, cv2.CV_32F, 1, 0), cv2.Sobel(grey, cv2.CV_32F, 0, 1))
        height = np.ptp(np.quantile(grey[binary > 0], [0.05, 0.95])) + np.ptp(np.quantile(grey, [0.01, 0.99])) + 1.0
        original = _grey(case.photo)
        there = cv2.magnitude(cv2.Sobel(original, cv2.CV_32F, 1, 0), cv2.Sobel(original, cv2.CV_32F, 0, 1))
        span = np.ptp(np.quantile(original, [0.01, 0.99])) + 1.0
        ratio = float((np.quantile(steps[outline], 0.995) / height) / (np.quantile(there, 0.995) / span + 1e-6))
        score = float(np.clip(1 - (ratio - 1.3) / 1.7, 0.0, 1.0))
        return Term(self.name, score, "" if score == 1 else "edges sharper than this camera draws them")


def patch_around(image: RgbImage, mask: Mask, side_px: int = PATCH_PX) -> RgbImage:
    """A square around the mask with its surroundings, scaled to `side_px`."""
    rows, columns = np.nonzero(mask)
    side = max(side_px, int(1.4 * max(np.ptp(rows), np.ptp(columns))) + 2)
    top, left = int(rows.mean() - side / 2), int(columns.mean() - side / 2)
    padded = cv2.copyMakeBorder(image, side, side, side, side, cv2.BORDER_REFLECT_101)
    cut = padded[top + side : top + 2 * side, left + side : left + 2 * side]
    return np.ascontiguousarray(cv2.resize(cut, (side_px, side_px), interpolation=cv2.INTER_AREA))


class Likeness:
    """Distance of the defect's patch to reference defect patches in the backbone's embedding.

    `exp(-max(d / w - 1, 0))` with d the mean distance to the nearest three references and w the median distance between
    references: 1 when it lies among them. At least three references are needed.
    """

    name = "likeness"

    def __init__(self, backbone: Backbone, references: Sequence[tuple[RgbImage, Mask]]) -> None:
        patches = [patch_around(image, mask) for image, mask in references if mask.any()]
        self._backbone = backbone
        self._references = np.asarray(backbone.embed(patches), dtype=np.float64) if len(patches) >= 3 else None
        self._width = median_bandwidth(self._references) if self._references is not None else 1.0

    def score(self, case: Case) -> Term:
        """How near to the references."""
        if self._references is None:
            return Term(self.name, 1.0)
        if not case.mask.any():
            return Term(self.name, 0.0, "nothing was drawn")
        embedded = np.asarray(self._backbone.embed([patch_around(case.image, case.mask)]), dtype=np.float64)
        distances = np.sort(np.linalg.norm(self._references - embedded, axis=1))[:3]
        score = float(np.exp(-max(float(distances.mean()) / self._width - 1.0, 0.0)))
        return Term(self.name, score, "" if score > 0.95 else f"unlike the reference defects ({score:.2f})")


def diversity(images: Sequence[RgbImage], masks: Sequence[Mask], backbone: Backbone) -> Term:
    """Are the pictures of a set different from one another: the Vendi score (Friedman and Dieng 2023) of their patches
    in the backbone's embedding, scaled so that identical patches give 0 and orthogonal ones 1."""
    drawn = [patch_around(image, mask) for image, mask in zip(images, masks, strict=True) if mask.any()]
    if len(drawn) < 2:
        return Term("diversity", 0.0, "fewer than two pictures")
    embedded = np.asarray(backbone.embed(drawn), dtype=np.float64)
    embedded = embedded / np.maximum(np.linalg.norm(embedded, axis=1, keepdims=True), 1e-12)
    values = np.maximum(np.linalg.eigvalsh(embedded @ embedded.T / len(drawn)), 1e-15)
    vendi = float(np.exp(-(values * np.log(values)).sum()))
    score = float(np.clip((vendi - 1) / (len(drawn) - 1), 0.0, 1.0))
    return Term("diversity", score, "" if score > 0.1 else "all pictures look alike")
