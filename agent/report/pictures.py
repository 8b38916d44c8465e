"""The report's pictures: the photo with every finding outlined and numbered, and close-ups."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from agent.report.schema import PictureRole, ReportPicture
from tools.detection.regions import Region
from tools.vision.images import encode_png
from tools.vision.overlay import outline
from tools.vision.types import Box, RgbImage

MAX_SIDE_PX = 1200
CROP_SIDE_PX = 320
MAX_CROPS = 6
_COLOURS = {"minor": (46, 125, 50), "moderate": (230, 145, 0), "severe": (211, 47, 47), "critical": (136, 14, 79)}


def overlay(image: RgbImage, regions: Sequence[Region], mask: NDArray[np.bool_] | None) -> RgbImage:
    """The photo with outlines, boxes in the severity's colour and the findings' numbers."""
    scale = max(1.0, min(MAX_SIDE_PX / max(image.shape[:2]), 700 / max(image.shape[:2])))
    scale = min(scale, MAX_SIDE_PX / max(image.shape[:2]))
    canvas = _resize(image, scale)
    if mask is not None and mask.any():
        large = cv2.resize(mask.astype(np.uint8) * 255, canvas.shape[1::-1], interpolation=cv2.INTER_NEAREST)
        canvas = outline(canvas, large)
    canvas = np.ascontiguousarray(canvas)
    for number, region in reversed(list(enumerate(regions, start=1))):
        x1, y1, x2, y2 = (round(value * scale) for value in region.bbox_xyxy)
        colour = _COLOURS.get(region.severity, (90, 90, 90))
        low, high = (
            (max(x1 - 5, 0), max(y1 - 5, 0)),
            (min(x2 + 4, canvas.shape[1] - 1), min(y2 + 4, canvas.shape[0] - 1)),
        )
        cv2.rectangle(canvas, low, high, colour, 2, cv2.LINE_AA)
        _tag(canvas, str(number), low, colour)
    return canvas


def close_up(image: RgbImage, box: Box, *, outlined: NDArray[np.bool_] | None = None) -> RgbImage:
    """A square cut around a box, with surroundings, enlarged to `CROP_SIDE_PX`."""
    cut = crop_box(box, image.shape[:2])
    x1, y1, x2, y2 = cut
    piece = image[y1:y2, x1:x2]
    scale = CROP_SIDE_PX / max(piece.shape[:2])
    large = _resize(piece, scale)
    if outlined is not None:
        mask = outlined[y1:y2, x1:x2].astype(np.uint8) * 255
        large = outline(large, cv2.resize(mask, large.shape[1::-1], interpolation=cv2.INTER_NEAREST))
    return large


def crop_box(box: Box, shape: tuple[int, int]) -> Box:
    """The square that `close_up` shows: 1.8 times the box's longer side, at least 48 px, inside the picture."""
    height, width = shape
    x1, y1, x2, y2 = box
    side = int(min(max(48, 1.8 * max(x2 - x1, y2 - y1)), max(height, width)))
    left = int(np.clip((x1 + x2 - side) // 2, 0, max(width - side, 0)))
    top = int(np.clip((y1 + y2 - side) // 2, 0, max(height - side, 0)))
    return left, top, min(left + side, width), min(top + side, height)


def picture(role: PictureRole, image: RgbImage, caption: str, region_id: str | None = None) -> ReportPicture:
    """A picture of the report; its file name follows from its role and content."""
    height, width = image.shape[:2]
    if max(height, width) > MAX_SIDE_PX:
        image = _resize(image, MAX_SIDE_PX / max(height, width))
        height, width = image.shape[:2]
    data = encode_png(image)
    digest = hashlib.sha256(data).hexdigest()
    return ReportPicture(
        role=role,
        caption=caption,
        region_id=region_id,
        width_px=width,
        height_px=height,
        sha256=digest,
        file=f"{role}-{digest[:12]}.png",
        png=data,
    )


def _resize(image: RgbImage, scale: float) -> RgbImage:
    if scale == 1.0:
        return image
    size = max(1, round(image.shape[1] * scale)), max(1, round(image.shape[0] * scale))
    kind = cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
    return np.ascontiguousarray(cv2.resize(image, size, interpolation=kind), dtype=np.uint8)


def _tag(canvas: RgbImage, text: str, corner: tuple[int, int], colour: tuple[int, int, int]) -> None:
    """A small filled label with the finding's number at a box's corner."""
    (width, height), _ = cv2.getTextSize(text, cv2.FONT_HERSHEY_SIMPLEX, 0.55, 2)
    x = min(corner[0], canvas.shape[1] - width - 8)
    y = corner[1] if corner[1] >= height + 8 else corner[1] + height + 8
    cv2.rectangle(canvas, (x, y - height - 8), (x + width + 8, y), colour, -1)
    cv2.putText(canvas, text, (x + 4, y - 4), cv2.FONT_HERSHEY_SIMPLEX, 0.55, (255, 255, 255), 2, cv2.LINE_AA)
