"""The contact sheet of a data set: each chosen image with its mask's outline, and its largest defect close up."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import cv2
import numpy as np
from PIL import Image, ImageDraw, ImageFont

from tools.datasets.files import load_mask
from tools.datasets.model import LineageRecord
from tools.vision.images import load_image, save_png
from tools.vision.masks import components
from tools.vision.types import Mask, RgbImage

FILE = "contact_sheet.png"
COLUMNS = 4
MOST = 24
CELL_PX = 200
GAP_PX = 14
CAPTION_PX = 26
CLOSE_PX = 48
"""Smallest side of a close-up, in pixels of the photo."""
PAPER = (24, 25, 28)
INK = (222, 222, 226)
FAINT = (150, 152, 160)
OUTLINE = (255, 72, 72)


def write_contact_sheet(root: Path, records: Iterable[LineageRecord], title: str) -> Path:
    """Draw up to 24 images, spread evenly over the set: the photo with the mask's outline, then the defect close up."""
    rows = list(records)
    step = max(1, len(rows) / MOST)
    chosen = [rows[int(index * step)] for index in range(min(MOST, len(rows)))]
    columns = min(COLUMNS, max(1, len(chosen)))
    lines = -(-len(chosen) // columns)
    width = columns * (2 * CELL_PX + 3 * GAP_PX // 2) + GAP_PX
    height = 56 + lines * (CELL_PX + CAPTION_PX + GAP_PX) + GAP_PX
    sheet = Image.new("RGB", (max(width, 460), height), PAPER)
    pen = ImageDraw.Draw(sheet)
    pen.text((GAP_PX, 16), _short(title, sheet.width - 2 * GAP_PX, 20), fill=INK, font=_font(20))
    for number, record in enumerate(chosen):
        x = GAP_PX + (number % columns) * (2 * CELL_PX + 3 * GAP_PX // 2)
        y = 56 + (number // columns) * (CELL_PX + CAPTION_PX + GAP_PX)
        _draw_pair(sheet, pen, root, record, (x, y))
    return save_png(root / FILE, np.asarray(sheet, dtype=np.uint8))


def _draw_pair(
    sheet: Image.Image, pen: ImageDraw.ImageDraw, root: Path, record: LineageRecord, corner: tuple[int, int]
) -> None:
    image, mask = load_image(root / record.image), load_mask(root / record.mask)
    for column, picture in enumerate((_outline(_fit(image), mask), _fit(_close_up(image, mask)))):
        left = corner[0] + column * (CELL_PX + 4) + (CELL_PX - picture.shape[1]) // 2
        sheet.paste(Image.fromarray(picture), (left, corner[1] + (CELL_PX - picture.shape[0]) // 2))
    pen.text((corner[0], corner[1] + CELL_PX + 5), caption(record, mask), fill=FAINT, font=_font(13))


def caption(record: LineageRecord, mask: Mask) -> str:
    """Number, sizes in millimetres, severity and the share of the photo that the mask covers."""
    geometry = record.blueprint.geometry
    sizes = [
        f"{sign} {value.min:.3g} mm"
        for sign, value in (("Ø", geometry.diameter_mm), ("L", geometry.length_mm), ("W", geometry.width_mm))
        if value is not None
    ]
    severity = [record.blueprint.severity.value] if record.blueprint.severity is not None else []
    share = f"{100 * float((mask > 0).mean()):.2g} %"
    return "  ·  ".join([f"{record.index:05d}", *sizes, *severity, share])


def _fit(image: RgbImage) -> RgbImage:
    """As large as a cell allows."""
    scale = CELL_PX / max(image.shape[:2])
    size = (max(1, round(image.shape[1] * scale)), max(1, round(image.shape[0] * scale)))
    method = cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
    return np.asarray(cv2.resize(image, size, interpolation=method), np.uint8)


def _close_up(image: RgbImage, mask: Mask) -> RgbImage:
    """A square around the largest region, with as much again of its surroundings."""
    parts = components(mask)
    if not parts:
        return image
    x1, y1, x2, y2 = max(parts, key=lambda part: part.area_px).box_xyxy
    side = min(max(CLOSE_PX, 2 * max(x2 - x1, y2 - y1)), *image.shape[:2])
    left = min(max(0, (x1 + x2 - side) // 2), image.shape[1] - side)
    top = min(max(0, (y1 + y2 - side) // 2), image.shape[0] - side)
    return np.ascontiguousarray(image[top : top + side, left : left + side])


def _outline(picture: RgbImage, mask: Mask) -> RgbImage:
    small = cv2.resize(mask, (picture.shape[1], picture.shape[0]), interpolation=cv2.INTER_AREA)
    contours, _ = cv2.findContours((small > 24).astype(np.uint8), cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    drawn = picture.copy()
    cv2.drawContours(drawn, contours, -1, OUTLINE, 1, cv2.LINE_AA)
    return drawn


def _font(size: int) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    return ImageFont.load_default(size)


def _short(text: str, width_px: int, size: int) -> str:
    """The text, cut with an ellipsis where it is too long."""
    font = _font(size)
    if font.getlength(text) <= width_px:
        return text
    while text and font.getlength(f"{text}…") > width_px:
        text = text[:-1]
    return f"{text.rstrip()}…"
