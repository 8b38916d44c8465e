"""Smoothing of the score map inside the valid area: nothing leaks in from what is ignored."""

from __future__ import annotations

from dataclasses import dataclass, replace

import cv2
import numpy as np
from scipy import ndimage

from tools.detection.config import MapSmoothing
from tools.detection.postprocess.protocol import State
from tools.vision.masks import BoolMask
from tools.vision.types import ScoreMap


@dataclass(frozen=True)
class SmoothMap:
    """Median, Gaussian or box filter."""

    smoothing: MapSmoothing
    name: str = "smoothing"

    def __call__(self, state: State) -> State:
        """Smooth the scores; the ignored area neither gives nor takes."""
        method = self.smoothing.method
        smoothed = (
            _median(state.scores, state.valid, _odd(self.smoothing.ksize))
            if method == "median"
            else _linear(state.scores, state.valid, self.smoothing)
        )
        return replace(state, scores=smoothed)


def _odd(ksize: int) -> int:
    return ksize + 1 if ksize % 2 == 0 else ksize


def _blur(values: ScoreMap, smoothing: MapSmoothing, border: int) -> ScoreMap:
    if smoothing.method == "box":
        side = _odd(smoothing.ksize)
        return np.asarray(cv2.blur(values, (side, side), borderType=border), dtype=np.float32)
    side = 0 if smoothing.ksize == 0 else _odd(smoothing.ksize)
    return np.asarray(cv2.GaussianBlur(values, (side, side), smoothing.sigma, borderType=border), dtype=np.float32)


def _linear(scores: ScoreMap, valid: BoolMask, smoothing: MapSmoothing) -> ScoreMap:
    """A linear filter; with ignored pixels, normalised convolution (Knutsson & Westin 1993): weighted by validity."""
    if valid.all():
        return _blur(scores, smoothing, cv2.BORDER_REFLECT_101)
    weight = valid.astype(np.float32)
    offset = np.float32(np.median(scores[valid]))
    total = _blur((scores - offset) * weight, smoothing, cv2.BORDER_CONSTANT)
    share = _blur(weight, smoothing, cv2.BORDER_CONSTANT)
    smoothed = total / np.maximum(share, np.float32(1e-6)) + offset
    return np.where(valid, smoothed, scores).astype(np.float32)


def _median(scores: ScoreMap, valid: BoolMask, side: int) -> ScoreMap:
    """A median filter of any size; an ignored pixel stands in with its nearest valid neighbour's value."""
    filled = scores
    if not valid.all():
        nearest = ndimage.distance_transform_edt(~valid, return_distances=False, return_indices=True)
        filled = np.ascontiguousarray(scores[tuple(nearest)])
    if side <= 5:  # OpenCV takes float maps up to this size
        smoothed = np.asarray(cv2.medianBlur(filled, side), dtype=np.float32)
    else:
        smoothed = np.asarray(ndimage.median_filter(filled, size=side, mode="nearest"), dtype=np.float32)
    return np.where(valid, smoothed, scores).astype(np.float32)
