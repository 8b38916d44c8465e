"""From scores to a mask: threshold or hysteresis, opening, closing, filling, widening. Always inside the valid area."""

from __future__ import annotations

from dataclasses import dataclass, replace

import cv2
import numpy as np
from numpy.typing import NDArray

from tools.detection.config import Hysteresis
from tools.detection.errors import DetectionInputError
from tools.detection.postprocess.protocol import StageLog, State, log_of
from tools.vision.masks import BoolMask, components


@dataclass(frozen=True)
class Threshold:
    """Mark every valid pixel whose score is at or above the threshold."""

    name: str = "threshold"

    def __call__(self, state: State) -> State:
        """Set the mask."""
        return replace(state, mask=(state.scores >= state.threshold) & state.valid)


@dataclass(frozen=True)
class HysteresisThreshold:
    """Mark 8-connected components above `low` that hold a pixel above `high` (Canny 1986).

    `baseline`: the score of a typical good pixel; without `low` the low threshold lies half way from it to `high`.
    """

    settings: Hysteresis
    baseline: float
    name: str = "hysteresis"

    def __call__(self, state: State) -> State:
        """Set the mask."""
        high = state.threshold if self.settings.high is None else np.full_like(state.threshold, self.settings.high)
        low = self._low(high)
        seeds = (state.scores >= high) & state.valid
        weak = (state.scores >= low) & state.valid
        _, labels = cv2.connectedComponents(weak.astype(np.uint8), connectivity=8)
        chosen = np.zeros(int(labels.max()) + 1, dtype=bool)
        chosen[labels[seeds]] = True
        chosen[0] = False
        mask = chosen[labels]
        gone = weak & ~mask
        entry = StageLog(
            stage=self.name,
            removed_regions=int(np.count_nonzero(~chosen[1:])),
            removed_px=int(np.count_nonzero(gone)),
        )
        return replace(state, mask=mask).with_log(entry)

    def _low(self, high: NDArray[np.float32]) -> NDArray[np.float32]:
        if self.settings.low is None:
            return np.asarray(np.minimum(high, self.baseline + 0.5 * (high - self.baseline)), dtype=np.float32)
        if self.settings.low > float(high.min()):
            where = "pixel threshold" if self.settings.high is None else "hysteresis.high"
            raise DetectionInputError(
                f"hysteresis.low ({self.settings.low:g}) lies above the {where} ({float(high.min()):g}); lower it"
            )
        return np.full_like(high, self.settings.low)


@dataclass(frozen=True)
class Morphology:
    """Opening or closing with a square kernel."""

    ksize: int
    name: str
    """`open` or `close`."""

    def __call__(self, state: State) -> State:
        """Change the mask; components that an opening erases whole are logged."""
        operation = cv2.MORPH_OPEN if self.name == "open" else cv2.MORPH_CLOSE
        kernel = np.ones((self.ksize, self.ksize), np.uint8)
        changed = cv2.morphologyEx(state.mask.astype(np.uint8), operation, kernel).astype(bool) & state.valid
        after = replace(state, mask=changed)
        if self.name == "close" or not state.mask.any():
            return after
        gone = [part for part in components(state.mask) if not changed[part.slices()][part.pixels].any()]
        reason = f"thinner than open_ksize {self.ksize} px"
        return after.with_log(log_of(self.name, state.scores, [(part, reason) for part in gone]))


@dataclass(frozen=True)
class FillHoles:
    """Fill what a component encloses."""

    name: str = "fill_holes"

    def __call__(self, state: State) -> State:
        """Grow the mask."""
        return replace(state, mask=_filled(state.mask) & state.valid)


def _filled(mask: BoolMask) -> BoolMask:
    contours, _ = cv2.findContours(mask.astype(np.uint8), cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    canvas = np.zeros(mask.shape, dtype=np.uint8)
    cv2.drawContours(canvas, contours, -1, 1, thickness=cv2.FILLED)
    return canvas.astype(bool) | mask


@dataclass(frozen=True)
class Dilate:
    """Widen every component by an ellipse of `ksize` px (pixels, not radius)."""

    ksize: int
    name: str = "mask_dilate"

    def __call__(self, state: State) -> State:
        """Grow the mask inside the valid area."""
        side = self.ksize + 1 if self.ksize % 2 == 0 else self.ksize
        kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (side, side))
        return replace(state, mask=cv2.dilate(state.mask.astype(np.uint8), kernel).astype(bool) & state.valid)
