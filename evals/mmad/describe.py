"""How the most striking place of a score map looks: where, how large, which shape, how it differs; in words.

Measured on pixels only. The words are those in which people describe defects, so that a sentence model can compare them
with an option.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property

import cv2
import numpy as np
from numpy.typing import NDArray

from evals.mmad.places import Points
from tools.detection.regions import Shape, measure_shape
from tools.generation.renderer.foreground import find_part
from tools.vision.types import RgbImage, ScoreMap

LEVEL = 0.5
"""A pixel belongs to the place where its score is at least this far from the baseline to the peak."""
STRONG = 0.25
"""Further places count from this share of the first one's weight."""
MAX_POINTS = 400
RING_PX = 9
STANDS_OUT = 3.5
"""Robust standard deviations of the surface around a place, from which on a pixel belongs to the defect's body."""
MIN_AROUND = 50
MIN_BODY = 6
WORK_PX = 512
"""Looks are measured on the photo scaled down to this longer side."""
_NAMES = (
    ("top left", "top", "top right"),
    ("left side", "center", "right side"),
    ("bottom left", "bottom", "bottom right"),
)


_DARK = re.compile(r"\b(dark|darker|black|blackened|burnt|deep|hole|void|pit|blowhole|shadow)\w*\b")
_BRIGHT = re.compile(r"\b(bright|brighter|white|light|lighter|pale|shiny|glossy)\w*\b")
_LINE = re.compile(
    r"\b(lines?|linear|thin|elongated|scratch\w*|crack\w*|fissure|thread|hair|cut|streak|narrow|strip)\b"
)
_COMPACT = re.compile(r"\b(round|circular|spots?|compact|blob|dot|hole|void|pit|blowhole|bump|speck|patch)\b")
_LARGE = re.compile(r"\b(large|big|extensive|wide|broad|uneven|entire)\b")
_SMALL = re.compile(r"\b(small|tiny|minor|speck|dot|pinhole|hairline|blowhole)\b")


@dataclass(frozen=True)
class Look:
    """Where and how; `points` are shares of the picture, `weights` sum to 1."""

    points: Points
    weights: NDArray[np.float64]
    part_box: tuple[float, float, float, float]
    """The part's box on the picture (x1, y1, x2, y2), shares; the whole picture where it cannot be told apart."""
    count: int
    area_share: float
    shape: Shape
    darker: float
    """Mean grey minus surroundings, -1 to 1."""
    chroma: float
    """Distance of colour from the surroundings, CIELAB a and b."""
    texture: float
    """Local contrast inside over that of the surroundings."""
    at_outline: bool

    @cached_property
    def centre(self) -> tuple[float, float]:
        """Weighted middle of the first place and its equals."""
        x, y = (self.points * self.weights[:, None]).sum(axis=0)
        return float(x), float(y)

    @cached_property
    def part_points(self) -> Points:
        """The points as shares of the part's box."""
        x1, y1, x2, y2 = self.part_box
        size = np.array([max(x2 - x1, 1e-6), max(y2 - y1, 1e-6)])
        return np.asarray(np.clip((self.points - np.array([x1, y1])) / size, 0.0, 1.0))

    def place_words(self) -> str:
        """The place in the words of a 3 x 3 grid."""
        x, y = self.centre
        return f"at the {_NAMES[min(int(3 * y), 2)][min(int(3 * x), 2)]} of the image"

    def words(self) -> str:
        """How it looks, as a phrase."""
        tone = "darker than" if self.darker < -0.04 else "brighter than" if self.darker > 0.04 else "as bright as"
        colour = ", of another color" if self.chroma > 8 else ""
        grain = ", rougher" if self.texture > 1.6 else ", smoother" if self.texture < 0.6 else ""
        many = "several places" if self.count > 2 else "two places" if self.count == 2 else "one place"
        return f"{self._shape_words()}, {tone} its surroundings{colour}{grain}, in {many}"

    def guess(self) -> str:
        """What defects look like that: words for a sentence model, most typical first."""
        dark, coloured, small = self.darker < -0.04, self.chroma > 8, self.area_share < 0.004
        line = self.shape.is_line or self.shape.aspect_ratio > 4
        kinds = (
            (line and dark, "a crack, cut or scratch, a line"),
            (line, "a scratch, thread, crack or line"),
            (self.at_outline and not small, "a chip, a broken or missing piece at the edge, damage to the border"),
            (coloured, "a stain, contamination or discoloration, a spot of another color, foreign material"),
            (small and dark, "a hole, pit, dent or small spot"),
            (small, "a small spot, speck or particle"),
            (self.area_share > 0.08, "a large damaged, deformed, missing or misplaced area"),
            (dark, "a dark spot, hole, dent, stain or breakage"),
            (True, "a bump, deformation, contamination or rough area"),
        )
        return next(words for holds, words in kinds if holds)

    def description(self) -> str:
        """The whole in one sentence."""
        return f"The defect looks like {self.guess()}. It is {self.words()}, {self.place_words()}."

    def agrees(self, text: str) -> float:
        """How far a text's words for tone, shape and size fit what was measured: -1 to 1 for each that it names."""
        words = text.lower()
        line = self.shape.is_line or self.shape.aspect_ratio > 4
        found = 0.0
        for pattern, holds, fails in (
            (_DARK, self.darker < -0.02, self.darker > 0.02),
            (_BRIGHT, self.darker > 0.02, self.darker < -0.02),
            (_LINE, line, self.shape.aspect_ratio < 2.5),
            (_COMPACT, self.shape.aspect_ratio < 2.5, line),
            (_LARGE, self.area_share > 0.03, self.area_share < 0.01),
            (_SMALL, self.area_share < 0.01, self.area_share > 0.05),
        ):
            if pattern.search(words):
                found += float(holds) - float(fails)
        return found

    def _shape_words(self) -> str:
        size = "small" if self.area_share < 0.004 else "large" if self.area_share > 0.05 else "medium sized"
        if self.shape.is_line or self.shape.aspect_ratio > 4:
            angle = self.shape.orientation_deg
            way = "horizontal" if min(angle, 180 - angle) < 20 else "vertical" if abs(angle - 90) < 20 else "diagonal"
            return f"a long thin {way} line"
        if self.shape.solidity > 0.8 and self.shape.aspect_ratio < 1.6:
            return f"a {size} round spot"
        return f"a {size} irregular area"


def look_at(image: RgbImage, score_map: ScoreMap, baseline: float) -> Look:
    """Measure the most striking place.

    Args:
        image: `uint8` H x W x 3.
        score_map: `float32` H x W, higher is worse.
        baseline: score of a typical good pixel.
    """
    scale = min(1.0, WORK_PX / max(image.shape[:2]))
    size = (max(8, round(image.shape[1] * scale)), max(8, round(image.shape[0] * scale)))
    small = np.asarray(cv2.resize(image, size, interpolation=cv2.INTER_AREA), dtype=np.uint8)
    heat = cv2.resize(np.nan_to_num(score_map.astype(np.float32), posinf=0, neginf=0), size)
    excess = np.maximum(heat - np.float32(baseline), 0.0)
    peak = float(excess.max())
    marked = excess >= LEVEL * peak if peak > 0 else np.ones(excess.shape, dtype=bool)
    kept, first, count = _strong(marked, excess)
    points, weights = _points(kept, excess)
    part = find_part(small)
    height, width = excess.shape
    x1, y1, x2, y2 = part.box if part.reliable else (0, 0, width, height)
    body = _body(small, first)
    rows, columns = np.nonzero(body)
    crop = body[rows.min() : rows.max() + 1, columns.min() : columns.max() + 1]
    return Look(
        points=points,
        weights=weights,
        part_box=(x1 / width, y1 / height, x2 / width, y2 / height),
        count=count,
        area_share=float(body.mean()) * count,
        shape=measure_shape(crop),
        at_outline=bool(part.reliable and float(part.depth[body].min()) <= 2.0),
        **_against_surroundings(small, body),
    )


def _strong(marked: NDArray[np.bool_], excess: NDArray[np.float32]) -> tuple[NDArray[np.bool_], NDArray[np.bool_], int]:
    """The components that count, the first of them, and how many there are."""
    total, labels = cv2.connectedComponents(marked.astype(np.uint8), connectivity=8)
    weight = np.bincount(labels.ravel(), weights=excess.ravel().astype(np.float64) + 1e-9, minlength=total)
    weight[0] = 0.0
    strong = np.flatnonzero(weight >= STRONG * weight.max())
    return np.isin(labels, strong), labels == int(weight.argmax()), len(strong)


def _body(image: RgbImage, place: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """The pixels of a place that stand out from the surface around it: a detector's place is wider than the defect.

    The place itself where nothing stands out.
    """
    grey = cv2.cvtColor(image, cv2.COLOR_RGB2LAB)[..., 0]
    near = cv2.dilate(place.astype(np.uint8), np.ones((5, 5), np.uint8)) > 0
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (6 * RING_PX + 1, 6 * RING_PX + 1))
    around = (cv2.dilate(place.astype(np.uint8), kernel) > 0) & ~near
    if int(around.sum()) < MIN_AROUND:
        return place
    smooth = cv2.GaussianBlur(grey, (0, 0), 1.0).astype(np.float32)
    middle = float(np.median(smooth[around]))
    spread = 1.4826 * float(np.median(np.abs(smooth[around] - middle))) + 1.0
    deviation = (smooth - middle) / spread
    best: NDArray[np.bool_] = place
    weight = 0.0
    for sign in (1.0, -1.0):
        marked = ((sign * deviation > STANDS_OUT) & near).astype(np.uint8)
        total, labels = cv2.connectedComponents(marked, connectivity=8)
        if total < 2:
            continue
        sums = np.bincount(labels.ravel(), weights=(sign * deviation).ravel().astype(np.float64), minlength=total)
        sums[0] = 0.0
        if float(sums.max()) > weight and int((labels == int(sums.argmax())).sum()) >= MIN_BODY:
            best, weight = labels == int(sums.argmax()), float(sums.max())
    return best


def _points(kept: NDArray[np.bool_], excess: NDArray[np.float32]) -> tuple[Points, NDArray[np.float64]]:
    rows, columns = np.nonzero(kept)
    step = max(1, len(rows) // MAX_POINTS)
    rows, columns = rows[::step], columns[::step]
    weights = excess[rows, columns].astype(np.float64) + 1e-9
    points = np.stack([(columns + 0.5) / kept.shape[1], (rows + 0.5) / kept.shape[0]], axis=1)
    return points, weights / weights.sum()


def _against_surroundings(image: RgbImage, place: NDArray[np.bool_]) -> dict[str, float]:
    """Brightness, colour and grain of a place against a ring around it."""
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * RING_PX + 1, 2 * RING_PX + 1))
    ring = (cv2.dilate(place.astype(np.uint8), kernel) > 0) & ~place
    if not ring.any():
        return {"darker": 0.0, "chroma": 0.0, "texture": 1.0}
    lab = cv2.cvtColor(image, cv2.COLOR_RGB2LAB).astype(np.float64)
    grey = lab[..., 0]
    grain = np.abs(grey - cv2.GaussianBlur(grey, (0, 0), 2.0))
    return {
        "darker": float(grey[place].mean() - grey[ring].mean()) / 255.0,
        "chroma": float(np.hypot(*(lab[place][:, 1:].mean(axis=0) - lab[ring][:, 1:].mean(axis=0)))),
        "texture": float((grain[place].mean() + 0.5) / (grain[ring].mean() + 0.5)),
    }
