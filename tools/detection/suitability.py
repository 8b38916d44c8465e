"""Can this photo be judged at all? Blank, wrong product, other camera, moved part → "cannot judge", never OK.

Compares a photo with the good photos by what any camera operator would look at (brightness, contrast, sharpness,
colour, format) and by its embedding. Limits are wide on purpose: a defect must not make a part unjudgeable.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from tools.detection.alignment import Alignment, learn_alignment
from tools.vision.backbone import Backbone
from tools.vision.types import RgbImage

STATISTICS = ("brightness", "contrast", "sharpness", "colour", "log_aspect")
WORDS = {
    "brightness": ("darker", "brighter"),
    "contrast": ("flatter", "harsher"),
    "sharpness": ("more blurred", "sharper"),
    "colour": ("paler", "more coloured"),
    "log_aspect": ("narrower", "wider"),
}
FLOORS = {"brightness": 40.0, "contrast": 20.0, "sharpness": 1.6, "colour": 20.0, "log_aspect": 0.7}
"""Always allowed beyond the good range, in the statistic's own unit."""
MARGIN = 1.0
"""Allowed beyond the good range, in widths of that range."""
EMBEDDING_ROOM = 0.4
"""Allowed beyond the farthest good photo: this share of what is left to "nothing in common" (distance 1)."""
EMBEDDING_CEILING = 0.65
"""Photos of unrelated products were 0.65 apart and more; defects of the same product below 0.5 (EfficientNet-lite0)."""
BLANK_DEVIATION = 2.0
"""A photo whose grey values deviate less than this is blank, whatever the good ones look like."""


@dataclass(frozen=True)
class Suitability:
    """What good photos look like from afar.

    `limits`: 5 x 2, lowest and highest value of each of `STATISTICS`. `embeddings`: `float32` N x D of the good photos.
    `distance_limit`: cosine distance to the nearest good photo beyond which it is another product.
    """

    limits: NDArray[np.float64]
    embeddings: NDArray[np.float32]
    distance_limit: float
    alignment: Alignment

    def objections(self, image: RgbImage, embedding: NDArray[np.float32] | None) -> list[str]:
        """Every reason why this photo cannot be judged; empty where it can.

        Args:
            image: as the camera gave it, `uint8` H x W x 3.
            embedding: its vector, length 1; None where the bundle has no backbone.
        """
        values = statistics(image)
        if blankness(image) < BLANK_DEVIATION:
            return ["the picture is blank: it has no contrast at all"]
        found = []
        for name, value, (low, high) in zip(STATISTICS, values, self.limits, strict=True):
            if not low <= value <= high:
                found.append(f"the picture is much {WORDS[name][int(value > high)]} than every good one")
        if embedding is not None and len(self.embeddings):
            distance = self.distance(embedding)
            if distance > self.distance_limit:
                found.append(
                    f"the picture does not look like this product (distance {distance:.2f}, limit "
                    f"{self.distance_limit:.2f})"
                )
        moved = self.alignment.objection(image)
        return [*found, moved] if moved else found

    def distance(self, embedding: NDArray[np.float32]) -> float:
        """Cosine distance to the nearest good photo, 0 to 2."""
        return float(1.0 - (self.embeddings @ embedding).max())

    def state(self) -> Mapping[str, NDArray[np.generic]]:
        """Arrays by name, for safetensors."""
        return {
            "limits": self.limits,
            "embeddings": self.embeddings,
            "scalars": np.array(
                [
                    self.distance_limit,
                    float(self.alignment.active),
                    self.alignment.max_shift,
                    self.alignment.min_response,
                ]
            ),
            "template": self.alignment.template,
        }


def from_state(state: Mapping[str, NDArray[np.generic]]) -> Suitability:
    """The inverse of `Suitability.state`."""
    limit, active, shift, response = (float(value) for value in np.asarray(state["scalars"], dtype=np.float64))
    template = np.asarray(state["template"], dtype=np.float32)
    return Suitability(
        np.asarray(state["limits"], dtype=np.float64),
        np.asarray(state["embeddings"], dtype=np.float32),
        limit,
        Alignment(template, bool(active), shift, response),
    )


def learn_suitability(images: Sequence[RgbImage], backbone: Backbone | None) -> Suitability:
    """Limits from good photos; the embedding's from each one's distance to the nearest other."""
    values = np.stack([statistics(image) for image in images])
    low, high = values.min(axis=0), values.max(axis=0)
    room = MARGIN * (high - low) + np.array([FLOORS[name] for name in STATISTICS])
    limits = np.stack([low - room, high + room], axis=1)
    embeddings = np.zeros((0, 1), dtype=np.float32)
    limit = 2.0
    if backbone is not None:
        embeddings = np.concatenate([backbone.embed([image]) for image in images])
        if len(images) > 1:
            closeness = embeddings @ embeddings.T
            np.fill_diagonal(closeness, -1.0)
            farthest = float((1.0 - closeness.max(axis=1)).max())
            limit = max(min(farthest + EMBEDDING_ROOM * (1.0 - farthest), EMBEDDING_CEILING), 1.05 * farthest)
    return Suitability(limits, embeddings, limit, learn_alignment(images))


def statistics(image: RgbImage) -> NDArray[np.float64]:
    """The values of `STATISTICS`: mean and deviation of grey (0 to 255), log2 of the Laplacian's deviation at 256 px,
    mean distance of the channels, log2 of width over height."""
    grey = cv2.cvtColor(image, cv2.COLOR_RGB2GRAY)
    scale = 256.0 / max(grey.shape)
    small = cv2.resize(grey, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA) if scale < 1 else grey
    laplacian = cv2.Laplacian(small.astype(np.float32), cv2.CV_32F)
    colour = (image.max(axis=2).astype(np.int16) - image.min(axis=2)).mean()
    height, width = grey.shape
    return np.array(
        [
            float(grey.mean()),
            float(grey.std()),
            float(np.log2(laplacian.std() + 0.25)),
            float(colour),
            float(np.log2(width / height)),
        ]
    )


def blankness(image: RgbImage) -> float:
    """Deviation of the grey values without their extreme thousandth: near 0 for a blank picture."""
    grey = cv2.cvtColor(image, cv2.COLOR_RGB2GRAY)
    low, high = np.quantile(grey, [0.001, 0.999])
    return float(np.clip(grey, low, high).std())
