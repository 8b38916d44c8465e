"""A score map laid over its photo on ONE fixed colour scale.

The colour says how the value compares with the threshold, never with the same picture's own maximum, so a good part
stays grey and two pictures can be compared. Leaves the values themselves to the detector.
"""

from __future__ import annotations

from functools import lru_cache

import cv2
import numpy as np
from numpy.typing import NDArray

from tools.vision.types import Mask, RgbImage, ScoreMap

TOP_OF_SCALE = 2.0
"""The scale ends at twice the way from the baseline to the threshold."""


@lru_cache(maxsize=1)
def _palette() -> NDArray[np.uint8]:
    """256 RGB colours: dark violet to yellow, lightness rising all the way (OpenCV's inferno)."""
    ramp = np.arange(256, dtype=np.uint8)[:, None]
    colours = cv2.applyColorMap(ramp, cv2.COLORMAP_INFERNO)[:, 0, ::-1]
    return np.ascontiguousarray(colours, dtype=np.uint8)


def relative_scores(score_map: ScoreMap, *, baseline: float, threshold: float) -> NDArray[np.float32]:
    """Scores on the fixed scale: 0 at the baseline (a typical good pixel), 1 at the threshold.

    Raises:
        ValueError: the threshold is not above the baseline.
    """
    if not threshold > baseline:
        raise ValueError(f"the threshold ({threshold:g}) must lie above the baseline ({baseline:g})")
    values = (np.asarray(score_map, dtype=np.float32) - baseline) / (threshold - baseline)
    finite = np.nan_to_num(values, nan=TOP_OF_SCALE, posinf=TOP_OF_SCALE, neginf=0.0)
    return np.asarray(finite, dtype=np.float32)


def heat_overlay(
    image: RgbImage,
    score_map: ScoreMap,
    *,
    baseline: float,
    threshold: float,
    mask: Mask | None = None,
    legend: bool = True,
) -> RgbImage:
    """The photo with heat where the score approaches or passes the threshold, and the mask's outline in white on black.

    Below half way to the threshold nothing is drawn; the heat fades in up to the threshold.

    Args:
        image: `uint8` H x W x 3.
        score_map: `float32` H x W.
        baseline, threshold: the ends of the fixed scale, from the bundle.
        mask: what was decided, outlined.
        legend: a bar on the right with a tick at the threshold.

    Raises:
        ValueError: shapes differ, or threshold <= baseline.
    """
    if image.shape[:2] != score_map.shape:
        raise ValueError(f"the map is {score_map.shape}, the photo {image.shape[:2]}")
    relative = relative_scores(score_map, baseline=baseline, threshold=threshold)
    colours = _palette()[np.clip(relative / TOP_OF_SCALE * 255, 0, 255).astype(np.uint8)]
    alpha = (np.clip((relative - 0.5) / 0.5, 0.0, 1.0) * 0.55)[..., None]
    blend = (image * (1 - alpha) + colours * alpha).round().astype(np.uint8)
    if mask is not None:
        blend = outline(blend, mask)
    return _with_legend(blend) if legend else blend


def outline(image: RgbImage, mask: Mask) -> RgbImage:
    """A copy of the photo with the mask's outer border in white on black, drawn just outside the mask."""
    canvas = image.copy()
    binary = (mask > 0).astype(np.uint8)
    near = cv2.dilate(binary, np.ones((3, 3), np.uint8))
    far = cv2.dilate(near, np.ones((3, 3), np.uint8))
    canvas[(far > 0) & (near == 0)] = 0
    canvas[(near > 0) & (binary == 0)] = 255
    return canvas


def _with_legend(image: RgbImage) -> RgbImage:
    """The picture with a bar of the scale to its right, a tick and `1` at the threshold."""
    height = image.shape[0]
    bar_width = 10
    panel = np.full((height, 40, 3), 255, dtype=np.uint8)
    top, bottom = 6, height - 6
    ramp = np.linspace(255, 0, max(bottom - top, 1)).astype(np.uint8)
    panel[top:bottom, 6 : 6 + bar_width] = _palette()[ramp][:, None]
    for value in (0, 1, 2):
        row = round(bottom - 1 - (bottom - top - 1) * value / TOP_OF_SCALE)
        panel[row, 6 : 6 + bar_width + 3] = 0
        text_row = min(max(row + 4, 10), height - 2)
        cv2.putText(panel, str(value), (23, text_row), cv2.FONT_HERSHEY_SIMPLEX, 0.35, (0, 0, 0), 1, cv2.LINE_AA)
    return np.ascontiguousarray(np.concatenate([image, panel], axis=1))
