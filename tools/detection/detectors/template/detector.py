"""Finds the golden photo that a test photo belongs to, lays one onto the other and looks at what differs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from tools.detection.detectors.checks import check_images, check_state, fit_again, not_fitted
from tools.detection.detectors.maps import full_size, top_mean
from tools.detection.detectors.template.difference import tolerant_difference
from tools.detection.detectors.template.register import MOTIONS, Motion, follow, register, warp
from tools.detection.errors import DetectionInputError
from tools.detection.protocol import Prediction
from tools.vision.backbone.prepare import resize
from tools.vision.types import RgbImage

THUMB_PX = 48
MIN_SPREAD = 32.0
"""Grey levels between dark and bright parts, below which contrast cannot be told from noise."""


class Template:
    """For parts that look alike but for the defect: printed circuit boards, labels, assemblies.

    Score scale: grey levels (0 to 255) by which a small area leaves the golden photo's local range.
    """

    name = "template"

    def __init__(
        self,
        *,
        backbone: object = None,
        tolerance_px: int = 2,
        motion: Motion = "rigid",
        goldens: int = 200,
        compare: int = 1,
        reach_px: int = 3,
        window_px: int = 65,
        smooth_px: float = 0.8,
        match_light: bool = True,
    ) -> None:
        """Settle how to compare.

        Args:
            backbone: not used; taken so that every detector can be built with the same arguments.
            tolerance_px: how far an edge may lie off.
            motion: what registration may correct: `none`, `shift`, `rigid` (shift and turn) or `affine`.
            goldens: at most so many golden photos are kept, chosen at random.
            compare: a pixel counts only where it differs from each of so many nearest golden photos.
            reach_px: how far single places may have moved after registration (stretched or bent parts); 0 for none.
            window_px: side of the neighbourhood that must agree on such a move; several times a defect's size.
            smooth_px: sigma of the Gaussian over the difference; 0 for none.
            match_light: bring the photo's mean and spread to the golden's before comparing.
        """
        del backbone
        if motion not in MOTIONS:
            raise DetectionInputError(f"template: motion {motion!r} is not one of {', '.join(MOTIONS)}")
        if reach_px < 0 or window_px < 3:
            raise DetectionInputError("template: reach_px must be 0 or more and window_px at least 3")
        if tolerance_px < 0 or goldens < 1 or compare < 1 or smooth_px < 0:
            raise DetectionInputError("template: tolerance_px and smooth_px must be 0 or more, goldens and compare 1")
        self._tolerance_px, self._motion, self._goldens = int(tolerance_px), motion, int(goldens)
        self._compare, self._smooth_px, self._match_light = int(compare), float(smooth_px), bool(match_light)
        self._reach_px, self._window_px = int(reach_px), int(window_px)
        self._kept: list[RgbImage] = []
        self._thumbs: NDArray[np.float32] | None = None

    def fit(self, images: Sequence[RgbImage], *, seed: int) -> None:
        """See `Detector.fit`; one golden photo is enough."""
        check_images(images, at_least=1, who=self.name)
        order = np.sort(np.random.default_rng(seed).permutation(len(images))[: self._goldens])
        self._keep([images[int(index)].copy() for index in order])

    def _keep(self, goldens: list[RgbImage]) -> None:
        self._kept = goldens
        self._thumbs = np.stack([_thumb(image) for image in goldens])

    def predict(self, images: Sequence[RgbImage]) -> list[Prediction]:
        """See `Detector.predict`."""
        if self._thumbs is None:
            raise not_fitted(self.name)
        check_images(images)
        return [self._predict(image) for image in images]

    def _predict(self, image: RgbImage) -> Prediction:
        assert self._thumbs is not None
        likeness = self._thumbs @ _thumb(image)
        nearest = np.argsort(-likeness, kind="stable")[: self._compare]
        values = np.min([self._against(self._kept[int(index)], image) for index in nearest], axis=0)
        smooth = cv2.GaussianBlur(values, (0, 0), self._smooth_px) if self._smooth_px else values
        # The mean of the worst few pixels; a defect of 4 x 4 px must count in full on any photo.
        share = min(1.0, 16 / smooth.size)
        return Prediction(top_mean(smooth, share), full_size(smooth, image.shape[:2]))

    def _against(self, golden: RgbImage, image: RgbImage) -> NDArray[np.float32]:
        """Difference in the coordinates of the photo."""
        target = resize(golden, (image.shape[0], image.shape[1]))
        grey = [np.asarray(cv2.cvtColor(i, cv2.COLOR_RGB2GRAY), dtype=np.uint8) for i in (image, target)]
        moved, inside = warp(target, register(grey[0], grey[1], self._motion))
        if self._match_light:
            moved = _match_light(moved, image, inside)
        if self._reach_px:
            near = np.asarray(cv2.cvtColor(moved, cv2.COLOR_RGB2GRAY), dtype=np.uint8)
            rows, columns = follow(near, grey[0], self._reach_px, self._window_px)
            moved = np.asarray(cv2.remap(moved, columns, rows, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE))
        found = tolerant_difference(moved, image, self._tolerance_px)
        return np.where(inside, found, np.float32(0))

    def config(self) -> Mapping[str, Any]:
        """See `Detector.config`."""
        return {
            "tolerance_px": self._tolerance_px,
            "motion": self._motion,
            "goldens": self._goldens,
            "compare": self._compare,
            "reach_px": self._reach_px,
            "window_px": self._window_px,
            "smooth_px": self._smooth_px,
            "match_light": self._match_light,
        }

    def state(self) -> Mapping[str, NDArray[np.generic]]:
        """`shapes`, N x 2 (height, width), and `pixels`, the goldens' `uint8` bytes one after the other."""
        if self._thumbs is None:
            raise not_fitted(self.name)
        shapes = np.array([image.shape[:2] for image in self._kept], dtype=np.int64)
        return {"shapes": shapes, "pixels": np.concatenate([image.ravel() for image in self._kept])}

    def load_state(self, state: Mapping[str, NDArray[np.generic]]) -> None:
        """See `Detector.load_state`."""
        check_state(state, ["shapes", "pixels"], self.name)
        shapes, pixels = np.asarray(state["shapes"], dtype=np.int64), np.asarray(state["pixels"], dtype=np.uint8)
        ends = np.cumsum(shapes.prod(axis=1) * 3)
        if shapes.ndim != 2 or not len(shapes) or ends[-1] != len(pixels):
            raise fit_again("the saved state's shapes and pixels do not belong together", self.name)
        parts = np.split(pixels, ends[:-1])
        self._keep([part.reshape(h, w, 3) for part, (h, w) in zip(parts, shapes.tolist(), strict=True)])


def _thumb(image: RgbImage) -> NDArray[np.float32]:
    """A small grey picture as a vector of zero mean and length 1: its products are correlations."""
    grey = cv2.cvtColor(resize(image, (THUMB_PX, THUMB_PX)), cv2.COLOR_RGB2GRAY).astype(np.float32).ravel()
    grey -= grey.mean()
    return np.asarray(grey / max(float(np.linalg.norm(grey)), 1e-6), dtype=np.float32)


def _match_light(golden: RgbImage, image: RgbImage, inside: NDArray[np.bool_]) -> RgbImage:
    """The golden with the photo's brightness and contrast a channel, from percentiles that a small defect cannot move.

    Where either hardly has two tones (a board that is nearly all background) only the brightness is matched.
    """
    if not inside.any():
        return golden
    matched = np.empty(golden.shape, dtype=np.float32)
    for channel in range(3):
        low, high = _ends(golden[..., channel][inside])
        wanted_low, wanted_high = _ends(image[..., channel][inside])
        if min(high - low, wanted_high - wanted_low) < MIN_SPREAD:
            middle = float(np.median(golden[..., channel][inside]))
            matched[..., channel] = golden[..., channel] - middle + float(np.median(image[..., channel][inside]))
            continue
        gain = np.clip((wanted_high - wanted_low) / (high - low), 0.5, 2.0)
        matched[..., channel] = (golden[..., channel] - (low + high) / 2) * gain + (wanted_low + wanted_high) / 2
    return np.clip(matched, 0, 255).round().astype(np.uint8)


def _ends(values: NDArray[np.uint8]) -> tuple[float, float]:
    low, high = np.percentile(values, [5, 95])
    return float(low), float(high)
