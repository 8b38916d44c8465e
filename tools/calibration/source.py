"""Where images come from: the void generator, or any renderer type through a Blueprint."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import cv2
import numpy as np

from tools.blueprint.model import Blueprint, Origin
from tools.calibration.config import CalibrationConfig
from tools.calibration.errors import CalibrationError
from tools.calibration.space import Value
from tools.calibration.void import render_voids
from tools.generation.protocol import Generator
from tools.vision.images import find_images, load_image
from tools.vision.masks import load_mask
from tools.vision.types import Mask, RgbImage


@dataclass(frozen=True)
class Sample:
    """What is embedded, and what nobody controlled while it was made."""

    image: RgbImage
    uncontrolled: Mapping[str, Value]


class Source(Protocol):
    """Parameter values + seed → image."""

    def render(self, parameters: Mapping[str, Value], seed: int) -> Sample:
        """The same values and seed give the same bytes."""
        ...


@dataclass(frozen=True)
class VoidSource:
    """The void experiment's images."""

    chips: Sequence[RgbImage]

    def render(self, parameters: Mapping[str, Value], seed: int) -> Sample:
        """A chip with voids."""
        found = render_voids(parameters, self.chips, seed)
        return Sample(found.image, found.uncontrolled)


@dataclass(frozen=True)
class BlueprintSource:
    """A renderer's images of a Blueprint with some fields replaced, cropped around the defect where asked."""

    blueprint: Blueprint
    generator: Generator
    photos: Sequence[RgbImage]
    crop_px: int | None = None

    def render(self, parameters: Mapping[str, Value], seed: int) -> Sample:
        """Draw the Blueprint with these values on one of the photos."""
        index = int(np.random.default_rng(seed).integers(len(self.photos)))
        drawn = self.generator.generate(apply(self.blueprint, parameters), self.photos[index], seed)
        image = drawn.image if self.crop_px is None else crop_around(drawn.image, drawn.mask, self.crop_px)
        return Sample(image, {"base_image": index})


def apply(blueprint: Blueprint, parameters: Mapping[str, Value]) -> Blueprint:
    """The Blueprint with fields (by path) set to single values; `style.<name>` sets a renderer parameter.

    Raises:
        CalibrationError: a name is not a field.
    """
    changes: dict[str, Any] = {}
    style = dict(blueprint.style)
    for path, value in parameters.items():
        if path.startswith("style."):
            style[path.removeprefix("style.")] = float(value)
        elif path == "count":
            changes[path] = {"min": int(value), "max": int(value)}
        elif (path.startswith("geometry.") and path.endswith("_mm")) or path in (
            "geometry.curvature",
            "appearance.contrast",
        ):
            changes[path] = {"min": float(value), "max": float(value)}
        else:
            changes[path] = value
    try:
        return blueprint.with_changes({**changes, "style": style}, Origin.EDITED)
    except (ValueError, KeyError, TypeError) as error:
        raise CalibrationError(
            f"the Blueprint cannot take {', '.join(parameters)}: {str(error).splitlines()[0]}"
        ) from None


def crop_around(image: RgbImage, mask: Mask, side_px: int) -> RgbImage:
    """A square around the mask's centre, at least `side_px` and large enough for the mask, scaled to `side_px`."""
    rows, columns = np.nonzero(mask)
    if len(rows) == 0:
        raise CalibrationError("a mask is empty; leave this image out")
    middle = ((rows.min() + rows.max()) / 2, (columns.min() + columns.max()) / 2)
    side = max(side_px, int(1.5 * max(np.ptp(rows), np.ptp(columns))) + 1)
    top, left = (round(value - side / 2) for value in middle)
    pad = side
    padded = cv2.copyMakeBorder(image, pad, pad, pad, pad, cv2.BORDER_REFLECT_101)
    cut = padded[top + pad : top + pad + side, left + pad : left + pad + side]
    return np.ascontiguousarray(cv2.resize(cut, (side_px, side_px), interpolation=cv2.INTER_AREA))


def build_source(config: CalibrationConfig) -> Source:
    """The source that a configuration names.

    Raises:
        CalibrationError: the words for the Blueprint say no defect type, or a field is not one.
        ImageError: a folder of photos cannot be used.
    """
    if config.blueprint is None:
        return VoidSource(_chips(config.chips, config.seed))
    from tools.blueprint.parser import parse
    from tools.generation.registry import get_generator

    assert config.good is not None
    blueprint = parse(config.blueprint).blueprint
    if blueprint.defect_type is None:
        raise CalibrationError(f"{config.blueprint!r} names no defect type; say for example 'a small void'")
    if config.mm_per_px is not None:
        blueprint = blueprint.with_changes({"mm_per_px": config.mm_per_px}, Origin.SAID)
    apply(blueprint, config.space.decode(np.full(len(config.space.names), 0.5)))
    photos = [load_image(path) for path in find_images(config.good)[:64]]
    return BlueprintSource(blueprint, get_generator(), photos, config.crop_px if config.real_masks else None)


def _chips(folder: Path | None, seed: int) -> list[RgbImage]:
    if folder is not None:
        return [load_image(path) for path in find_images(folder)]
    from tools.generation.base_parts import render_part

    return [render_part("chip_xray", size=(256, 256), seed=seed * 1000 + index) for index in range(6)]


def real_images(config: CalibrationConfig) -> list[RgbImage] | None:
    """The user's real photos, cropped around their masks where there are masks; None for the void experiment."""
    if config.real is None:
        return None
    found = []
    for path in find_images(config.real):
        image = load_image(path)
        if config.real_masks is None:
            found.append(image)
            continue
        matches = sorted(config.real_masks.rglob(f"{path.stem}*.png"))
        if matches and (mask := load_mask(matches[0])).any():
            found.append(crop_around(image, mask, config.crop_px))
    if len(found) < 4:
        raise CalibrationError(f"{config.real} gives {len(found)} usable real images; at least 4 are needed")
    return found
