"""The seam every generator stands behind, and what it returns."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol

from tools.blueprint.model import Blueprint
from tools.vision.types import Box, Mask, RgbImage


@dataclass(frozen=True)
class Instance:
    """One drawn defect: where it is and what was asked of it and measured on its own mask.

    `asked` and `measured` map field names (`length_mm`, `width_mm`, `diameter_mm`, `area_px`, …) to values.
    """

    box_xyxy: Box
    asked: Mapping[str, float] = field(default_factory=dict)
    measured: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class Rendering:
    """A photo with a defect in it.

    Pixels of `image` where `mask` is 0 are the photo's own, bit for bit. `parameters` holds every value that was drawn
    for this image, so that it can be rendered again.
    """

    image: RgbImage
    mask: Mask
    instances: tuple[Instance, ...]
    parameters: Mapping[str, float | int | str]


class Generator(Protocol):
    """Blueprint + photo of a good part + seed → image + mask."""

    name: str

    @property
    def version(self) -> str:
        """Changes when the same arguments would give other pixels."""
        ...

    def generate(self, blueprint: Blueprint, photo: RgbImage, seed: int) -> Rendering:
        """Draw the Blueprint's defects onto a copy of the photo.

        Args:
            blueprint: what to draw; `mm_per_px` gives the scale.
            photo: `uint8` H x W x 3 RGB.
            seed: the same Blueprint, photo and seed give the same bytes.

        Raises:
            BlueprintDoesNotFitError: the Blueprint cannot be drawn on this photo as it is; nothing is clamped.
            GenerationError: the generator itself failed.
        """
        ...
