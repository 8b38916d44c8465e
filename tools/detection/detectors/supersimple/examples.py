"""What the head is trained on: photos of good parts, and the same photos with sculpted defects, both varied in light.

No real defect is needed: an expected one is described in words, and where nobody says what to expect, all types that
the renderer can draw on these photos take turns.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from tools.blueprint.model import Blueprint
from tools.blueprint.parser import parse
from tools.blueprint.registry import DEFECT_TYPES
from tools.detection.errors import DetectionInputError
from tools.generation.errors import BlueprintDoesNotFitError
from tools.generation.registry import get_generator
from tools.generation.renderer.types import RENDER_TYPES
from tools.vision.types import Mask, RgbImage

GOOD_SHARE = 0.4
"""Share of examples without a defect."""
EXPECTED_SHARE = 0.5
"""Of the spoiled examples where words say what to expect; the rest shows any type."""
TRIES = 4
LARGEST = 1.6
"""Photos are drawn on at up to this multiple of the input's side: finer detail would be lost anyway."""


@dataclass(frozen=True)
class Plan:
    """What to draw: expected Blueprints (may be empty), all types, and the input (height, width)."""

    expected: tuple[Blueprint, ...]
    size: tuple[int, int]
    mm_per_px: float | None = None


def expected_defects(given: Sequence[str | Mapping[str, Any]]) -> tuple[Blueprint, ...]:
    """Blueprints from sentences or from Blueprints as JSON values.

    Raises:
        DetectionInputError: a sentence names no defect type that can be drawn.
    """
    found = []
    for one in given:
        blueprint = parse(one).blueprint if isinstance(one, str) else Blueprint.model_validate(one)
        if blueprint.defect_type is None:
            raise DetectionInputError(
                f"no defect type is read from {blueprint.text or one!r}; name one of {', '.join(RENDER_TYPES)}"
            )
        found.append(blueprint)
    return tuple(found)


def make_example(photo: RgbImage, number: int, plan: Plan, rng: np.random.Generator) -> tuple[RgbImage, Mask]:
    """Example `number` of a photo at the input size: good or spoiled, varied in light; mask 0 or 255."""
    image = _fit(photo, plan.size)
    mask: Mask = np.zeros(image.shape[:2], np.uint8)
    if not _is_good(number):
        image, mask = _spoil(image, photo, plan, rng)
    image, mask = flip_and_crop(image, mask, rng)
    height, width = plan.size
    small = cv2.resize(image, (width, height), interpolation=cv2.INTER_AREA)
    cover = cv2.resize(mask, (width, height), interpolation=cv2.INTER_AREA)
    return vary_light(np.asarray(small, np.uint8), rng), np.asarray(cover, np.uint8)


def _is_good(number: int) -> bool:
    """Evenly, `GOOD_SHARE` of all numbers."""
    return int((number + 1) * GOOD_SHARE) > int(number * GOOD_SHARE)


def _fit(photo: RgbImage, size: tuple[int, int]) -> RgbImage:
    """The photo, smaller where it is much larger than the input."""
    factor = LARGEST * np.sqrt(size[0] * size[1] / (photo.shape[0] * photo.shape[1]))
    if factor >= 1:
        return photo
    height, width = (max(16, round(side * factor)) for side in photo.shape[:2])
    return np.asarray(cv2.resize(photo, (width, height), interpolation=cv2.INTER_AREA), np.uint8)


def _spoil(image: RgbImage, photo: RgbImage, plan: Plan, rng: np.random.Generator) -> tuple[RgbImage, Mask]:
    """One defect of a random type; another one is tried where it does not fit, at last the photo stays good."""
    renderer = get_generator("renderer")
    scale = None if plan.mm_per_px is None else plan.mm_per_px * float(np.sqrt(photo.size / image.size))
    for _ in range(TRIES):
        if plan.expected and rng.random() < EXPECTED_SHARE:
            chosen = plan.expected[int(rng.integers(len(plan.expected)))]
        else:
            names = [name for name in DEFECT_TYPES if name in RENDER_TYPES]
            chosen = Blueprint(defect_type=names[int(rng.integers(len(names)))])
        style = {"size_factor": float(np.exp(rng.uniform(np.log(0.4), np.log(2.2)))), **chosen.style}
        blueprint = chosen.model_copy(update={"style": style, "mm_per_px": scale or chosen.mm_per_px})
        try:
            drawn = renderer.generate(blueprint, image, int(rng.integers(2**62)))
        except BlueprintDoesNotFitError as error:
            if chosen in plan.expected and "mm-per-px" in str(error):
                raise DetectionInputError(str(error)) from None
            continue
        return drawn.image, drawn.mask
    return image, np.zeros(image.shape[:2], np.uint8)


def flip_and_crop(image: RgbImage, mask: Mask, rng: np.random.Generator) -> tuple[RgbImage, Mask]:
    """Half of the examples lose a margin; a defect is not cut away whole."""
    for axis in (0, 1):
        if rng.random() < 0.5:
            image, mask = np.flip(image, axis), np.flip(mask, axis)
    if rng.random() < 0.5:
        height, width = mask.shape
        top, bottom = (int(rng.uniform(0, 0.12) * height) for _ in range(2))
        left, right = (int(rng.uniform(0, 0.12) * width) for _ in range(2))
        box = (slice(top, height - bottom), slice(left, width - right))
        if not mask.any() or mask[box].any():
            image, mask = image[box], mask[box]
    return np.ascontiguousarray(image), np.ascontiguousarray(mask)


def vary_light(image: RgbImage, rng: np.random.Generator) -> RgbImage:
    """Gamma, gain, uneven light, sharpness and grain: what changes on a line without anything being wrong."""
    values = image.astype(np.float32) / 255.0
    if rng.random() < 0.7:
        values = np.power(values, np.float32(np.exp(rng.normal(0, 0.15)))) * np.float32(np.exp(rng.normal(0, 0.15)))
    if rng.random() < 0.5:
        values = values * _light(values.shape[:2], rng)[..., None]
    if rng.random() < 0.3:
        blurred = cv2.GaussianBlur(values, (0, 0), rng.uniform(0.6, 2.0))
        values = values + np.float32(rng.uniform(-0.6, 0.8)) * (values - blurred)
    if rng.random() < 0.3:
        grain = rng.normal(0, rng.uniform(0.003, 0.02), values.shape[:2])
        values = values + grain[..., None].astype(np.float32)
    out: RgbImage = (np.clip(values, 0, 1) * 255).round().astype(np.uint8)
    return out


def _light(shape: tuple[int, int], rng: np.random.Generator) -> NDArray[np.float32]:
    """A smooth factor around 1: a gradient plus a few wide blobs."""
    coarse = rng.normal(0, 0.12, (4, 4)).astype(np.float32)
    field = cv2.resize(coarse, (shape[1], shape[0]), interpolation=cv2.INTER_CUBIC)
    result: NDArray[np.float32] = np.exp(field)
    return result
