"""Masks in every form that a file or a reader wants: run lengths, polygons, PNG, NumPy files, components.

Knows how a mask is written and taken apart. Leaves what a region means to `tools.detection.regions`.
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import cv2
import numpy as np
from numpy.typing import NDArray

from tools.vision.errors import ImageError
from tools.vision.images import encode_png, load_image, write_atomic
from tools.vision.types import Box, Mask

MaskFormat = Literal["png", "npy", "npz"]
BoolMask = NDArray[np.bool_]


@dataclass(frozen=True)
class Component:
    """One 8-connected set of pixels.

    `box_xyxy` has exclusive ends; `pixels` is a boolean crop of the mask at that box.
    """

    box_xyxy: Box
    pixels: BoolMask

    @property
    def area_px(self) -> int:
        """Number of pixels."""
        return int(self.pixels.sum())

    def slices(self) -> tuple[slice, slice]:
        """Row and column slices of the box."""
        x1, y1, x2, y2 = self.box_xyxy
        return slice(y1, y2), slice(x1, x2)


def components(mask: Mask | BoolMask) -> list[Component]:
    """The 8-connected components of a mask, in reading order of their first pixel."""
    binary = np.asarray(mask, dtype=bool).astype(np.uint8)
    count, labels, stats, _ = cv2.connectedComponentsWithStats(binary, connectivity=8)
    found = []
    for label in range(1, count):
        x, y, width, height = (int(v) for v in stats[label, :4])
        found.append(Component((x, y, x + width, y + height), labels[y : y + height, x : x + width] == label))
    return found


def draw(parts: Sequence[Component], shape: tuple[int, int]) -> BoolMask:
    """A boolean mask of `shape` (height, width) that holds these components."""
    canvas = np.zeros(shape, dtype=bool)
    for part in parts:
        canvas[part.slices()] |= part.pixels
    return canvas


def mask_to_rle(mask: Mask | BoolMask) -> dict[str, Any]:
    """COCO's compressed run lengths: `{"size": [height, width], "counts": str}`."""
    from pycocotools import mask as coco

    binary = np.asfortranarray(np.asarray(mask, dtype=bool).astype(np.uint8))
    run = coco.encode(binary)
    return {"size": [int(v) for v in run["size"]], "counts": run["counts"].decode("ascii")}


def rle_to_mask(rle: dict[str, Any]) -> Mask:
    """The mask (0/255) of COCO's compressed run lengths.

    Raises:
        ImageError: the run lengths do not fill the stated size.
    """
    from pycocotools import mask as coco

    try:
        counts = rle["counts"]
        height, width = (int(v) for v in rle["size"])
        raw = counts.encode("ascii") if isinstance(counts, str) else counts
        decoded = coco.decode({"size": [height, width], "counts": raw})
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise ImageError(f"these run lengths cannot be read ({error}); write them with mask_to_rle") from None
    return np.ascontiguousarray(decoded * np.uint8(255))


def mask_to_polygons(mask: Mask | BoolMask) -> list[list[list[int]]]:
    """Outer and inner contours as lists of `[x, y]` pixel centres; drawn together by `polygons_to_mask` they give the
    mask back, lines of one pixel included."""
    binary = np.asarray(mask, dtype=bool).astype(np.uint8)
    contours, _ = cv2.findContours(binary, cv2.RETR_CCOMP, cv2.CHAIN_APPROX_NONE)
    return [[[int(x), int(y)] for x, y in contour[:, 0]] for contour in contours]


def polygons_to_mask(polygons: Sequence[Sequence[Sequence[float]]], shape: tuple[int, int]) -> Mask:
    """A mask (0/255) of `shape` (height, width): inside by the even-odd rule, outlines included.

    Raises:
        ImageError: a polygon without a corner.
    """
    canvas = np.zeros(shape, dtype=np.uint8)
    contours = [np.round(np.asarray(polygon, dtype=np.float64)).astype(np.int32) for polygon in polygons]
    if any(contour.ndim != 2 or contour.shape[1] != 2 for contour in contours):
        raise ImageError("a polygon is a list of [x, y] corners, at least one")
    if contours:
        cv2.fillPoly(canvas, contours, 255)
    return canvas


def encode_mask(mask: Mask, kind: MaskFormat = "png") -> bytes:
    """The bytes of a mask file: PNG, `.npy`, or `.npz` with the key `mask`."""
    if kind == "png":
        return encode_png(mask)
    buffer = io.BytesIO()
    if kind == "npy":
        np.save(buffer, mask, allow_pickle=False)
    else:
        np.savez_compressed(buffer, mask=mask)
    return buffer.getvalue()


def save_mask(path: Path | str, mask: Mask, kind: MaskFormat = "png") -> Path:
    """Write a mask file so that a reader sees the whole file or none."""
    target = Path(path)
    write_atomic(target, encode_mask(mask, kind))
    return target


def load_mask(path: Path | str, *, threshold: int = 127) -> Mask:
    """Read a mask file of any of the three formats as 0/255; grey values above `threshold` count as set.

    Raises:
        ImageError: it is missing, damaged or not a mask.
    """
    source = Path(path)
    if source.suffix not in (".npy", ".npz"):
        return np.where(load_image(source)[..., 0] > threshold, 255, 0).astype(np.uint8)
    try:
        loaded = np.load(source, allow_pickle=False)
        values = loaded if source.suffix == ".npy" else loaded["mask"]
    except (OSError, ValueError, KeyError) as error:
        raise ImageError(f"{source.name} is not a mask file ({error}); write it with save_mask") from None
    if values.ndim != 2:
        raise ImageError(f"{source.name} holds an array of {values.ndim} dimensions; a mask has 2")
    return np.where(values > (0 if values.dtype == bool else threshold), 255, 0).astype(np.uint8)
