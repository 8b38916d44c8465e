"""The procedural generator: Blueprint, photo and seed to an image, its exact mask and what was drawn."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from tools.blueprint.model import Blueprint
from tools.generation.errors import BlueprintDoesNotFitError, GenerationError
from tools.generation.protocol import Instance, Rendering
from tools.generation.renderer.appearance import apply_appearance, asked_colour
from tools.generation.renderer.common import COMMON
from tools.generation.renderer.deep import deepened
from tools.generation.renderer.finish import finish
from tools.generation.renderer.kind import RenderType, Sizes
from tools.generation.renderer.parameter import Parameter, resolve
from tools.generation.renderer.photo import PhotoAnalysis, analyse
from tools.generation.renderer.placed import Placed
from tools.generation.renderer.placement import Board
from tools.generation.renderer.region import find_region
from tools.generation.renderer.site import Site, crop_linear
from tools.generation.renderer.size import SEVERITY_VISIBILITY, sizes
from tools.generation.renderer.streams import stream, unit
from tools.generation.renderer.types import get_render_type
from tools.vision.types import RgbImage

VERSION = "2"


def parameters_of(defect_type: str) -> tuple[Parameter, ...]:
    """The parameters that `Blueprint.style` can set for a type: its own, then those that every type has.

    Raises:
        GenerationError: the renderer does not know the type.
    """
    return (*get_render_type(defect_type).parameters, *COMMON)


class Renderer:
    """Draws any of the renderer's types; see `tools.generation.protocol.Generator`."""

    name = "renderer"
    version = VERSION

    def generate(self, blueprint: Blueprint, photo: RgbImage, seed: int) -> Rendering:
        """Draw the Blueprint's defects onto a copy of the photo.

        Args:
            blueprint: what to draw; `style` overrides parameters by name.
            photo: `uint8` H x W x 3 RGB.
            seed: 0 or greater; the same Blueprint, photo and seed give the same bytes.

        Raises:
            BlueprintDoesNotFitError: no type, no scale for millimetres, too large, too many, or beside the part.
            GenerationError: the renderer does not know the type.
        """
        _check(blueprint, photo, seed)
        kind = get_render_type(str(blueprint.defect_type))
        analysis = analyse(photo)
        values = resolve(parameters_of(kind.name), blueprint.style, seed, kind.name)
        values = kind.suit(values, blueprint.style, analysis) if kind.suit else values
        values = apply_appearance(blueprint, values, seed)
        count = _count(blueprint, kind, values, seed)
        region = find_region(blueprint, analysis.part, 1.0 if kind.place == "edge" else values["position_spread"])
        board = Board(blueprint, kind, photo, analysis, region, values, seed)
        image, mask = photo.copy(), np.zeros(photo.shape[:2], dtype=np.uint8)
        instances = []
        short = analysis.part.short_side
        wanted = [sizes(blueprint, kind, values, short, (seed, index)) for index in range(count)]
        # All places first: where one does not fit nothing was drawn in vain.
        for index, (size, placed) in enumerate([(size, board.place(size, i)) for i, size in enumerate(wanted)]):
            own, strength = deepened(values, blueprint.style, size)
            site = self._site(image, placed, blueprint, analysis, own, (seed, index))
            _draw(image, mask, placed, replace(site, visibility=site.visibility * strength), kind)
            instances.append(_instance(placed, size, blueprint.mm_per_px))
        return Rendering(image, mask, tuple(instances), _record(values, analysis, wanted))

    def _site(
        self,
        image: RgbImage,
        placed: Placed,
        blueprint: Blueprint,
        analysis: PhotoAnalysis,
        values: dict[str, float],
        key: tuple[int, int],
    ) -> Site:
        severity = SEVERITY_VISIBILITY[blueprint.severity] if blueprint.severity else 1.0
        return Site(
            box=placed.box,
            shape=placed.shape,
            linear=crop_linear(image, placed.box, grey=analysis.grey),
            photo=analysis,
            parameters=values,
            rng=stream(key[0], "paint", key[1]),
            visibility=severity,
            colour=asked_colour(blueprint),
            part_depth=_part_depth(analysis, placed),
        )


def _part_depth(analysis: PhotoAnalysis, placed: Placed) -> NDArray[np.float64] | None:
    if not analysis.part.reliable:
        return None
    x1, y1, x2, y2 = placed.box
    return analysis.part.depth[y1:y2, x1:x2].astype(np.float64)


def _check(blueprint: Blueprint, photo: RgbImage, seed: int) -> None:
    if blueprint.defect_type is None:
        raise BlueprintDoesNotFitError("the Blueprint names no defect type; say which defect to draw")
    if photo.dtype != np.uint8 or photo.ndim != 3 or photo.shape[2] != 3:
        raise GenerationError(f"the photo is {photo.dtype} {photo.shape}; give uint8 height x width x 3 RGB")
    if seed < 0:
        raise BlueprintDoesNotFitError(f"seed {seed} is negative; give 0 or greater")


def _count(blueprint: Blueprint, kind: RenderType, values: dict[str, float], seed: int) -> int:
    if blueprint.count is not None:
        low, high = blueprint.count.min, blueprint.count.max
    elif values.get(f"{kind.name}_count", 0) > 0:
        low = high = int(values[f"{kind.name}_count"])
    else:
        low, high = kind.count
    return low + int(unit(seed, "count") * (high - low + 1))


def _draw(image: RgbImage, mask: NDArray[np.uint8], placed: Placed, site: Site, kind: RenderType) -> None:
    """Paint one instance into the image and the mask, in place."""
    x1, y1, x2, y2 = placed.box
    match = bool(site.parameters["match_camera"])
    image[y1:y2, x1:x2] = finish(image, site, kind.paint(site), match_camera=match)
    mask[y1:y2, x1:x2][placed.shape.mask] = 255


def _instance(placed: Placed, size: Sizes, mm_per_px: float | None) -> Instance:
    rows, columns = np.flatnonzero(placed.shape.mask.any(axis=1)), np.flatnonzero(placed.shape.mask.any(axis=0))
    x1, y1 = placed.box[0], placed.box[1]
    box = (x1 + int(columns[0]), y1 + int(rows[0]), x1 + int(columns[-1]) + 1, y1 + int(rows[-1]) + 1)
    measured = {name: round(value, 3) for name, value in placed.shape.measured.items()}
    asked = {name: round(value, 3) for name, value in size.asked.items()}
    if mm_per_px:
        for values in (measured, asked):
            for name in ("length", "width", "diameter"):
                if f"{name}_px" in values:
                    values[f"{name}_mm"] = round(values[f"{name}_px"] * mm_per_px, 5)
        measured["area_mm2"] = round(measured["area_px"] * mm_per_px**2, 6)
    measured["orientation_deg"] = round(placed.angle_deg % 180.0, 2)
    return Instance(box, asked, measured)


def _record(values: dict[str, float], analysis: PhotoAnalysis, wanted: list[Sizes]) -> dict[str, float | int | str]:
    thin = sum(size.asked.get("width_px", 1.0) < 1.0 for size in wanted)
    return {
        **{name: round(value, 6) for name, value in values.items()},
        "count": len(wanted),
        "widths_rounded_to_pixel": thin,
        "part": "found" if analysis.part.reliable else "whole photo",
        "light_azimuth_deg": analysis.light.azimuth_deg,
        "light": "estimated" if analysis.light.confident else "default",
        "texture_deg": analysis.texture_deg,
        "noise_sigma": analysis.camera.noise_sigma,
        "blur_px": analysis.camera.blur_px,
        "jpeg_quality": analysis.camera.jpeg_quality,
    }
