"""Growing the surroundings into a region, for what lies behind a part that is gone."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from tools.generation.renderer.noise import blur

_LEVELS = 7


def fill_from(linear: NDArray[np.float64], known: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Smoothly continue known pixels over unknown ones (pull-push pyramid, Gortler et al. 1996).

    Args:
        linear: height x width x channels.
        known: height x width; where it is False the result is made up.

    Returns:
        Same shape; known pixels are kept.
    """
    if known.all() or not known.any():
        return linear
    weight = known.astype(np.float64)
    stack = [(linear * weight[..., None], weight)]
    while min(stack[-1][1].shape) > 2 and len(stack) < _LEVELS:
        value, share = stack[-1]
        size = (max(1, share.shape[1] // 2), max(1, share.shape[0] // 2))
        less = cv2.resize(value, size, interpolation=cv2.INTER_AREA).reshape(size[1], size[0], -1)
        stack.append((less, np.asarray(cv2.resize(share, size, interpolation=cv2.INTER_AREA))))
    value, share = stack.pop()
    total = max(float(share.sum()), 1e-9)
    mean = value.sum(axis=(0, 1)) / total
    filled = np.where(share[..., None] > 1e-6, value / np.maximum(share, 1e-6)[..., None], mean)
    while stack:
        value, share = stack.pop()
        size = (share.shape[1], share.shape[0])
        below = cv2.resize(filled, size, interpolation=cv2.INTER_LINEAR).reshape(size[1], size[0], -1)
        filled = value + (1.0 - np.minimum(share, 1.0))[..., None] * below
    smooth = np.stack([blur(np.ascontiguousarray(filled[..., c]), 1.5) for c in range(filled.shape[2])], axis=2)
    return np.where(known[..., None], linear, smooth)
