"""Pictures that the conversation shows: a candidate with mask and close-up, and two candidates side by side."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from agent.events import Picture
from tools.generation.protocol import Rendering
from tools.vision.images import load_image, save_png
from tools.vision.types import Mask, RgbImage

CROP_PX = 320
CROP_MARGIN = 0.6
MIN_CROP_PX = 48
PANEL_PX = 420
GAP_PX = 16


def save_candidate(rendering: Rendering, folder: Path, number: int) -> Picture:
    """Write image, mask and close-up of one candidate."""
    stem = f"{number:02d}"
    path = save_png(folder / f"{stem}.png", rendering.image)
    mask = save_png(folder / f"{stem}_mask.png", rendering.mask)
    crop = save_png(folder / f"{stem}_crop.png", close_up(rendering.image, rendering.mask))
    return Picture(path=path, caption=str(number), mask_path=mask, crop_path=crop)


def close_up(image: RgbImage, mask: Mask) -> RgbImage:
    """The square around the mask's largest blob, enlarged to `CROP_PX`; the whole image where the mask is empty."""
    box = _focus(mask)
    if box is None:
        return image
    height, width = mask.shape
    x1, y1, x2, y2 = box
    side = int(max(MIN_CROP_PX, max(x2 - x1, y2 - y1) * (1 + CROP_MARGIN)))
    side = min(side, height, width)
    left = min(max(0, (x1 + x2 - side) // 2), width - side)
    top = min(max(0, (y1 + y2 - side) // 2), height - side)
    part = Image.fromarray(image[top : top + side, left : left + side])
    return np.asarray(part.resize((CROP_PX, CROP_PX), Image.Resampling.BICUBIC))


def _focus(mask: Mask) -> tuple[int, int, int, int] | None:
    """Box of the largest connected piece of the mask, xyxy."""
    import cv2

    count, _labels, stats, _centres = cv2.connectedComponentsWithStats((mask > 0).astype(np.uint8), connectivity=8)
    if count < 2:
        return None
    x, y, width, height = (int(value) for value in stats[1 + int(np.argmax(stats[1:, cv2.CC_STAT_AREA])), :4])
    return x, y, x + width, y + height


def side_by_side(left: Picture, right: Picture, target: Path) -> Path:
    """One PNG of a lineup: both candidates with their close-ups below, numbered."""
    columns = [_column(picture, label) for picture, label in ((left, "1"), (right, "2"))]
    height = max(column.height for column in columns)
    sheet = Image.new("RGB", (sum(c.width for c in columns) + 3 * GAP_PX, height + 2 * GAP_PX), (245, 245, 245))
    x = GAP_PX
    for column in columns:
        sheet.paste(column, (x, GAP_PX))
        x += column.width + GAP_PX
    return save_png(target, np.asarray(sheet))


def _column(picture: Picture, label: str) -> Image.Image:
    parts = [_fit(load_image(path)) for path in (picture.path, picture.crop_path) if path is not None]
    font = ImageFont.load_default(28)
    sheet = Image.new("RGB", (PANEL_PX, 40 + sum(part.height + GAP_PX for part in parts)), (245, 245, 245))
    ImageDraw.Draw(sheet).text((PANEL_PX // 2, 18), label, fill=(150, 30, 30), font=font, anchor="mm")
    y = 40
    for part in parts:
        sheet.paste(part, ((PANEL_PX - part.width) // 2, y))
        y += part.height + GAP_PX
    return sheet


def _fit(image: RgbImage) -> Image.Image:
    picture = Image.fromarray(image)
    scale = min(PANEL_PX / picture.width, PANEL_PX / picture.height)
    size = (max(1, round(picture.width * scale)), max(1, round(picture.height * scale)))
    return picture.resize(size, Image.Resampling.LANCZOS)


def thumbnail(image: RgbImage, side_px: int) -> RgbImage:
    """A square of this side cut from the middle."""
    side = min(image.shape[:2])
    top, left = (image.shape[0] - side) // 2, (image.shape[1] - side) // 2
    square = Image.fromarray(image[top : top + side, left : left + side])
    return np.asarray(square.resize((side_px, side_px), Image.Resampling.LANCZOS))
