"""Lay a photo onto a golden one: a coarse shift by phase correlation, then a rigid or affine fit.

Phase correlation: Kuglin & Hines 1975. The fit maximises the enhanced correlation coefficient (Evangelidis & Psarakis,
PAMI 2008), which does not mind brightness and contrast.
"""

from __future__ import annotations

from typing import Literal

import cv2
import numpy as np
from numpy.typing import NDArray

Motion = Literal["none", "shift", "rigid", "affine"]
MOTIONS: tuple[Motion, ...] = ("none", "shift", "rigid", "affine")
_MODELS = {"shift": cv2.MOTION_TRANSLATION, "rigid": cv2.MOTION_EUCLIDEAN, "affine": cv2.MOTION_AFFINE}
FIT_SIDE_PX = 320
"""The fit runs on pictures no longer than this; a tenth of a pixel there is still below the tolerance."""


def register(golden: NDArray[np.uint8], photo: NDArray[np.uint8], motion: Motion) -> NDArray[np.float32]:
    """The 2 x 3 matrix that takes golden coordinates to photo coordinates.

    Args:
        golden: grey, H x W.
        photo: grey, the same size.
        motion: what may differ between the two.

    Returns:
        `float32` 2 x 3; the identity where nothing better was found.
    """
    identity = np.eye(2, 3, dtype=np.float32)
    if motion == "none":
        return identity
    scale = min(1.0, FIT_SIDE_PX / max(golden.shape))
    first, second = (_small(image, scale) for image in (golden, photo))
    start = _best_start(first, second, identity)
    criteria = (cv2.TERM_CRITERIA_EPS | cv2.TERM_CRITERIA_COUNT, 60, 1e-5)
    try:
        _, found = cv2.findTransformECC(first, second, start.copy(), _MODELS[motion], criteria, None, 5)
    except cv2.error:  # no correlation to climb: flat pictures, or pictures of different things
        found = start
    better = _agreement(first, second, found) >= _agreement(first, second, start)
    matrix = np.asarray(found if better else start, dtype=np.float32)
    matrix[:, 2] /= scale
    return matrix


def warp(photo: NDArray[np.uint8], matrix: NDArray[np.float32]) -> tuple[NDArray[np.uint8], NDArray[np.bool_]]:
    """The photo in golden coordinates, and which of its pixels were really in the photo."""
    height, width = photo.shape[:2]
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    moved = cv2.warpAffine(photo, matrix, (width, height), flags=flags, borderMode=cv2.BORDER_REPLICATE)
    inside = cv2.warpAffine(np.full((height, width), 255, np.uint8), matrix, (width, height), flags=flags)
    return np.asarray(moved, dtype=np.uint8), np.asarray(inside > 254)


def _small(image: NDArray[np.uint8], scale: float) -> NDArray[np.float32]:
    if scale == 1.0:
        return image.astype(np.float32)
    size = (max(8, round(image.shape[1] * scale)), max(8, round(image.shape[0] * scale)))
    return np.asarray(cv2.resize(image, size, interpolation=cv2.INTER_AREA), dtype=np.float32)


def _best_start(
    golden: NDArray[np.float32], photo: NDArray[np.float32], identity: NDArray[np.float32]
) -> NDArray[np.float32]:
    """A shift by phase correlation where that agrees better than no shift."""
    window = cv2.createHanningWindow((golden.shape[1], golden.shape[0]), cv2.CV_32F)
    (dx, dy), _ = cv2.phaseCorrelate(golden, photo, window)
    shifted = identity.copy()
    shifted[:, 2] = np.nan_to_num([dx, dy])
    return max((identity, shifted), key=lambda matrix: _agreement(golden, photo, matrix))


def _agreement(golden: NDArray[np.float32], photo: NDArray[np.float32], matrix: NDArray[np.float32]) -> float:
    """Correlation of the overlapping parts, -1 to 1; -1 where less than half overlaps."""
    size = (golden.shape[1], golden.shape[0])
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    moved = cv2.warpAffine(photo, matrix, size, flags=flags, borderMode=cv2.BORDER_REPLICATE)
    inside = cv2.warpAffine(np.ones_like(photo), matrix, size, flags=flags) > 0.99
    if inside.mean() < 0.5:
        return -1.0
    a, b = golden[inside], moved[inside]
    a, b = a - a.mean(), b - b.mean()
    norm = float(np.sqrt((a * a).sum() * (b * b).sum()))
    return float((a * b).sum()) / norm if norm > 0 else 0.0


def follow(
    golden: NDArray[np.uint8], photo: NDArray[np.uint8], reach_px: int, window_px: int
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Where each place of a registered golden has gone in the photo: boards and cartons stretch and bend a little.

    Block matching: every shift up to `reach_px` is tried, and in each neighbourhood the one with the smallest mean
    difference wins; ties and flat neighbourhoods stay where they are.

    Args:
        golden: grey, H x W, registered to the photo.
        photo: grey, the same size.
        reach_px: largest shift.
        window_px: side of the neighbourhood; much larger than a defect, so that a defect cannot explain itself away.

    Returns:
        Row and column of the golden for each pixel of the photo, `float32` H x W, for `cv2.remap`.
    """
    height, width = photo.shape
    padded = cv2.copyMakeBorder(golden, reach_px, reach_px, reach_px, reach_px, cv2.BORDER_REPLICATE)
    best = np.full((height, width), np.inf, dtype=np.float32)
    rows, columns = np.zeros((height, width), np.float32), np.zeros((height, width), np.float32)
    steps = range(-reach_px, reach_px + 1)
    for dy, dx in sorted(((y, x) for y in steps for x in steps), key=lambda step: step[0] ** 2 + step[1] ** 2):
        moved = padded[reach_px + dy : reach_px + dy + height, reach_px + dx : reach_px + dx + width]
        gap = cv2.boxFilter(cv2.absdiff(moved, photo), cv2.CV_32F, (window_px, window_px))
        better = gap < best - 0.25  # a quarter of a grey level: noise must not move anything
        best[better], rows[better], columns[better] = gap[better], dy, dx
    blur = (0, 0), window_px / 8
    return (
        np.asarray(cv2.GaussianBlur(rows, *blur) + np.arange(height, dtype=np.float32)[:, None], dtype=np.float32),
        np.asarray(cv2.GaussianBlur(columns, *blur) + np.arange(width, dtype=np.float32)[None, :], dtype=np.float32),
    )
