"""A shape on the photo, and cutting its grid to what is needed."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from tools.generation.renderer.shape import Shape
from tools.vision.types import Box

_MARGIN = 6


@dataclass(frozen=True)
class Placed:
    """A shape on the photo; `box` is where its grid lies, wholly inside the photo."""

    shape: Shape
    box: Box
    angle_deg: float


def tight(placed: Placed) -> Placed:
    """The same, on the smallest grid with a margin that holds the mask."""
    mask = placed.shape.mask
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    top, bottom = max(0, int(rows[0]) - _MARGIN), min(mask.shape[0], int(rows[-1]) + 1 + _MARGIN)
    left, right = max(0, int(columns[0]) - _MARGIN), min(mask.shape[1], int(columns[-1]) + 1 + _MARGIN)
    x1, y1 = placed.box[0], placed.box[1]
    shape = _cut(placed.shape, slice(top, bottom), slice(left, right))
    return Placed(shape, (x1 + left, y1 + top, x1 + right, y1 + bottom), placed.angle_deg)


def _cut(shape: Shape, rows: slice, columns: slice) -> Shape:
    """A part of a shape's grid."""

    def cut(values: NDArray[np.float64]) -> NDArray[np.float64]:
        return values[rows, columns]

    return replace(
        shape,
        mask=shape.mask[rows, columns],
        sdf=cut(shape.sdf),
        anchor=(shape.anchor[0] - rows.start, shape.anchor[1] - columns.start),
        along=None if shape.along is None else cut(shape.along),
        across=None if shape.across is None else cut(shape.across),
    )


def inside(shape: Shape, top: int, left: int, frame: tuple[int, ...]) -> tuple[Shape, Box] | None:
    """The shape's grid cut to the photo, and its box; None where nothing is left."""
    height, width = shape.mask.shape
    y1, x1 = max(0, top), max(0, left)
    y2, x2 = min(frame[0], top + height), min(frame[1], left + width)
    if y1 >= y2 or x1 >= x2:
        return None
    return _cut(shape, slice(y1 - top, y2 - top), slice(x1 - left, x2 - left)), (x1, y1, x2, y2)
