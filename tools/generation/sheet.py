"""A contact sheet, type by severity, so that people can look before they generate."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np

from tools.blueprint.model import Blueprint, Severity
from tools.generation.base_parts import render_part
from tools.generation.errors import BlueprintDoesNotFitError
from tools.generation.protocol import Generator, Rendering
from tools.generation.renderer import Renderer
from tools.generation.renderer.types import RENDER_TYPES
from tools.vision.images import save_png
from tools.vision.types import RgbImage

_PARTS = (
    "brushed_metal", "plate", "cast_metal", "disc", "ceramic", "pcb", "leather", "fitting", "weave", "wood",
    "moulded_plastic", "chip_xray", "bracket", "glass",
)  # fmt: skip
_OVERVIEW_PARTS = (
    "brushed_metal", "ceramic", "plate", "cast_metal", "moulded_plastic", "disc", "leather", "pcb", "bracket",
    "fitting", "wood",
)  # fmt: skip
_HEADER_PX, _GAP_PX = 22, 6


def draw_sheet(
    types: Sequence[str] | None = None,
    *,
    photo: RgbImage | None = None,
    seed: int = 0,
    tile_px: int = 256,
    crop: bool = False,
    generator: Generator | None = None,
) -> RgbImage:
    """Render every type at every severity.

    Args:
        types: rows; all of the renderer's if not given.
        photo: a good part for every tile; another base part a type if not given.
        seed: of the defects.
        tile_px: side of a tile.
        crop: show the surroundings of the defect instead of the whole photo.
        generator: the renderer if not given.

    Returns:
        The sheet as one image.
    """
    maker = generator or Renderer()
    rows = [_header(tile_px)]
    for index, name in enumerate(types or RENDER_TYPES):
        tiles = []
        for column, severity in enumerate(Severity):
            part = _PARTS[(index + 5 * column) % len(_PARTS)]
            base = photo if photo is not None else render_part(part, size=(512, 512), seed=seed)
            tiles.append(_tile(maker, name, severity, base, seed + column, tile_px, crop))
        rows.append(np.concatenate([_label(name, tile_px), *tiles], axis=1))
    return np.concatenate(rows, axis=0)


def draw_overview(*, seed: int = 0, tile_px: int = 128, rows: int = 2) -> RgbImage:
    """Every type close up on our own base parts, each picture above its exact mask.

    Args:
        seed: of the defects.
        tile_px: side of a tile.
        rows: pictures a type, each on another part.

    Returns:
        The overview as one image, a column a type.
    """
    columns = []
    for index, name in enumerate(RENDER_TYPES):
        tiles = [_text(tile_px + _GAP_PX, _HEADER_PX, name.replace("_", " "))]
        for row in range(rows):
            photo = render_part(_OVERVIEW_PARTS[(index + 5 * row) % len(_OVERVIEW_PARTS)], size=(384, 384), seed=seed)
            rendering = Renderer().generate(Blueprint(defect_type=name, severity=Severity.SEVERE), photo, seed + row)
            mask = np.repeat(rendering.mask[..., None], 3, axis=2)
            shown = (_crop(rendering.image, rendering), _crop(mask, rendering))
            tiles += [_framed(_fitted(picture, tile_px)) for picture in shown]
        columns.append(np.concatenate(tiles, axis=0))
    return np.concatenate(columns, axis=1)


def save_sheet(path: Path, sheet: RgbImage) -> Path:
    """Write the sheet as PNG."""
    return save_png(path, sheet)


def _tile(
    maker: Generator, name: str, severity: Severity, photo: RgbImage, seed: int, tile_px: int, crop: bool
) -> RgbImage:
    blueprint = Blueprint(defect_type=name, severity=severity)
    try:
        rendering = maker.generate(blueprint, photo, seed)
    except BlueprintDoesNotFitError:
        return _framed(np.full((tile_px, tile_px, 3), 230, dtype=np.uint8))
    return _framed(_fitted(_crop(rendering.image, rendering) if crop else rendering.image, tile_px))


def _fitted(image: RgbImage, tile_px: int) -> RgbImage:
    """A picture scaled to a square tile, on white."""
    scale = tile_px / max(image.shape[:2])
    size = (max(1, round(image.shape[1] * scale)), max(1, round(image.shape[0] * scale)))
    small = cv2.resize(image, size, interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC)
    canvas = np.full((tile_px, tile_px, 3), 255, dtype=np.uint8)
    canvas[: size[1], : size[0]] = small
    return canvas


def _crop(image: RgbImage, rendering: Rendering) -> RgbImage:
    """The first instance with as much around it."""
    shape = image.shape
    x1, y1, x2, y2 = rendering.instances[0].box_xyxy
    half = max(x2 - x1, y2 - y1) // 2 + 24
    cy = min(max((y1 + y2) // 2, half), max(shape[0] - half, half))
    cx = min(max((x1 + x2) // 2, half), max(shape[1] - half, half))
    return image[max(0, cy - half) : cy + half, max(0, cx - half) : cx + half]


def _framed(tile: RgbImage) -> RgbImage:
    framed = cv2.copyMakeBorder(tile, 0, _GAP_PX, 0, _GAP_PX, cv2.BORDER_CONSTANT, value=(255, 255, 255))
    return np.asarray(framed, dtype=np.uint8)


def _text(width: int, height: int, words: str) -> RgbImage:
    canvas = np.full((height, width, 3), 255, dtype=np.uint8)
    cv2.putText(canvas, words, (4, height // 2 + 5), cv2.FONT_HERSHEY_SIMPLEX, 0.45, (20, 20, 20), 1, cv2.LINE_AA)
    return canvas


def _label(name: str, tile_px: int) -> RgbImage:
    return _text(120, tile_px + _GAP_PX, name)


def _header(tile_px: int) -> RgbImage:
    words = [_text(tile_px + _GAP_PX, _HEADER_PX, severity.value) for severity in Severity]
    return np.concatenate([_text(120, _HEADER_PX, "type"), *words], axis=1)
