"""EfficientAD (Batzner et al., WACV 2024) with a teacher that is distilled from the configured backbone.

The published teacher needs ImageNet; here the small teacher learns the backbone's features on the good photos and on
the same photos with sculpted defects, so that it knows more than good surfaces, and the student does not.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import cv2
import numpy as np
import torch
from numpy.typing import NDArray

from tools.detection.detectors.checks import check_images, check_state, fit_again, not_fitted
from tools.detection.detectors.efficientad.networks import Autoencoder, Patches
from tools.detection.detectors.efficientad.train import BATCH, Networks, distil, follow, pixels
from tools.detection.detectors.maps import full_size, top_mean
from tools.detection.detectors.patches import choose_size, patch_features
from tools.detection.detectors.supersimple.examples import Plan, make_example
from tools.detection.errors import DetectionInputError
from tools.detection.protocol import Prediction
from tools.vision.backbone import Backbone, get_backbone
from tools.vision.backbone.stages import local_stages
from tools.vision.types import RgbImage

LOW, HIGH = 0.9, 0.995
"""Quantiles of good maps that become 0 and 0.1, as published."""
PARTS = ("teacher", "student", "autoencoder")


class EfficientAd:
    """Score scale: 0 at the 90 % quantile of good pixels, 0.1 at the 99.5 % quantile; no upper end."""

    name = "efficientad"

    def __init__(
        self,
        *,
        backbone: str | Backbone = "efficientnet-lite0",
        size: tuple[int, int] | None = None,
        side_px: int = 256,
        channels: int = 48,
        examples: int = 200,
        steps: int = 300,
        top_share: float = 0.01,
    ) -> None:
        """Settle what fitting will do.

        Args:
            backbone: spec or instance; it teaches the teacher and is not needed to predict.
            size: input (height, width); chosen from the good images' shape if not given.
            side_px: side of the square with the input's area, where `size` is not given.
            channels: principal features of the backbone that the teacher learns.
            examples: images that the teacher learns on.
            steps: of each of the two trainings.
            top_share: share of the map whose mean is the image's score.
        """
        self._backbone = get_backbone(backbone) if isinstance(backbone, str) else backbone
        self._size = (int(size[0]), int(size[1])) if size is not None else None
        self._side_px, self._channels = int(side_px), int(channels)
        self._examples, self._steps, self._top_share = int(examples), int(steps), float(top_share)
        if min(self._channels, self._examples, self._steps) < 1 or not 0 < self._top_share <= 1:
            raise DetectionInputError(
                "efficientad: channels, examples and steps must be at least 1, top_share in (0, 1]"
            )
        self._networks: Networks | None = None
        self._scale = np.zeros((2, 2), dtype=np.float32)

    def fit(self, images: Sequence[RgbImage], *, seed: int) -> None:
        """See `Detector.fit`."""
        check_images(images, at_least=2, who=self.name)
        if self._size is None:
            multiple = int(np.lcm(self._backbone.multiple_px, 8))
            self._size = choose_size(images, self._side_px, multiple)
        order = np.random.default_rng(seed).permutation(len(images))
        apart = order[: max(1, len(images) // 10)]
        rest = [int(index) for index in np.sort(order[len(apart) :])]
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            lessons, targets = self._lessons(images, rest, seed)
            teacher = distil(lessons, targets, self._size, self._steps, seed)
            channels = targets[0].shape[0]
            good = _Some(images, rest)
            self._networks = follow(teacher, channels, good, self._size, self._steps, seed)
        maps = [self._differences([images[int(index)]]) for index in apart]
        self._scale = np.stack([_quantiles([pair[kind] for pair in maps]) for kind in (0, 1)])

    def _lessons(
        self, images: Sequence[RgbImage], chosen: Sequence[int], seed: int
    ) -> tuple[list[RgbImage], list[NDArray[np.float32]]]:
        """Images for the teacher, and the backbone's leading features of them at stride 8, each of variance 1."""
        assert self._size is not None
        plan = Plan((), self._size)
        lessons = []
        for number in range(self._examples):
            photo = images[chosen[number % len(chosen)]]
            lessons.append(make_example(photo, number, plan, np.random.default_rng((seed, number)))[0])
        height, width = self._size[0] // 8, self._size[1] // 8
        stages = local_stages(self._backbone)
        cells = [
            one.astype(np.float16)
            for start in range(0, len(lessons), BATCH)
            for one in patch_features(self._backbone, lessons[start : start + BATCH], self._size, stages)
        ]
        sample = np.concatenate([one.reshape(-1, one.shape[-1])[::17] for one in cells]).astype(np.float32)
        mean, spread = sample.mean(axis=0), np.maximum(sample.std(axis=0), 1e-6)
        _, values, axes = np.linalg.svd((sample - mean) / spread, full_matrices=False)
        axes = axes[: self._channels]
        size = values[: self._channels] / np.sqrt(len(sample)) + 1e-6
        return lessons, [
            _target((one.astype(np.float32) - mean) / spread @ axes.T / size, height, width) for one in cells
        ]

    def _differences(self, images: Sequence[RgbImage]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        assert self._networks is not None
        assert self._size is not None
        with torch.inference_mode():
            local, whole = self._networks.differences(pixels(images, self._size))
        return local.numpy(), whole.numpy()

    def predict(self, images: Sequence[RgbImage]) -> list[Prediction]:
        """See `Detector.predict`."""
        if self._networks is None:
            raise not_fitted(self.name)
        check_images(images)
        found: list[Prediction] = []
        for start in range(0, len(images), BATCH):
            part = images[start : start + BATCH]
            pair = self._differences(part)
            scaled = [
                0.1 * (values - low) / (high - low) for values, (low, high) in zip(pair, self._scale, strict=True)
            ]
            for image, values in zip(part, (scaled[0] + scaled[1]) / 2, strict=True):
                cells = np.asarray(values, dtype=np.float32)
                found.append(Prediction(top_mean(cells, self._top_share), full_size(cells, image.shape[:2], 0.5)))
        return found

    def config(self) -> Mapping[str, Any]:
        """See `Detector.config`."""
        return {
            "backbone": self._backbone.name,
            "size": list(self._size) if self._size else None,
            "side_px": self._side_px,
            "channels": self._channels,
            "examples": self._examples,
            "steps": self._steps,
            "top_share": self._top_share,
        }

    def state(self) -> Mapping[str, NDArray[np.generic]]:
        """`scale` (2 x 2) and the weights of each network as `<network>.<name>`."""
        if self._networks is None:
            raise not_fitted(self.name)
        found: dict[str, NDArray[np.generic]] = {"scale": self._scale}
        for part in PARTS:
            weights = getattr(self._networks, part).state_dict()
            found |= {f"{part}.{name}": values.numpy() for name, values in weights.items()}
        return found

    def load_state(self, state: Mapping[str, NDArray[np.generic]]) -> None:
        """See `Detector.load_state`."""
        names = [
            f"{part}.{last}" for part, last in zip(PARTS, ("layers.8.bias", "layers.8.bias", "end.bias"), strict=True)
        ]
        check_state(state, ["scale", *names], self.name)
        check_state(state, list(state), self.name)
        channels = len(state["teacher.layers.8.bias"])
        made = Networks(Patches(channels), Patches(2 * channels), Autoencoder(channels))
        for part in PARTS:
            start = len(part) + 1
            weights = {k[start:]: torch.from_numpy(np.array(v)) for k, v in state.items() if k.startswith(f"{part}.")}
            try:
                getattr(made, part).load_state_dict(weights)
            except RuntimeError as error:
                why = str(error).splitlines()[-1].strip()
                raise fit_again(f"the saved {part} is not that of this version ({why})", self.name) from None
            getattr(made, part).eval().requires_grad_(False)
        self._networks, self._scale = made, np.asarray(state["scale"], dtype=np.float32)


class _Some(Sequence[RgbImage]):
    """Chosen images of a sequence, decoded when asked for."""

    def __init__(self, images: Sequence[RgbImage], chosen: Sequence[int]) -> None:
        self._images, self._chosen = images, chosen

    def __len__(self) -> int:
        return len(self._chosen)

    def __getitem__(self, index: Any) -> Any:
        if isinstance(index, slice):
            return [self._images[one] for one in self._chosen[index]]
        return self._images[self._chosen[index]]


def _target(cells: NDArray[np.float32], height: int, width: int) -> NDArray[np.float32]:
    """h x w x C at the networks' resolution, channels first."""
    if cells.shape[:2] != (height, width):
        cells = cv2.resize(np.ascontiguousarray(cells), (width, height), interpolation=cv2.INTER_LINEAR)
    return np.ascontiguousarray(cells.reshape(height, width, -1).transpose(2, 0, 1), dtype=np.float32)


def _quantiles(maps: Sequence[NDArray[np.float32]]) -> NDArray[np.float32]:
    """Two values of good maps, apart from each other."""
    low, high = np.quantile(np.concatenate([one.ravel() for one in maps]), [LOW, HIGH])
    return np.array([low, max(high, low * (1 + 1e-3) + 1e-9)], dtype=np.float32)
