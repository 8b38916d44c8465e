"""Three trainings: teacher from the backbone, student from the teacher, autoencoder with the student as its witness."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from tools.detection.detectors.efficientad.networks import Autoencoder, Patches
from tools.vision.backbone.prepare import to_batch
from tools.vision.types import RgbImage

BATCH = 8
HARD = 0.95
"""The student learns from the worst of its features only, so that it does not get good at what it never sees."""
MEAN, SCALE = (127.5, 127.5, 127.5), (63.75, 63.75, 63.75)


@dataclass(frozen=True)
class Networks:
    """Teacher, student (describes for teacher and autoencoder: twice the channels) and autoencoder."""

    teacher: Patches
    student: Patches
    autoencoder: Autoencoder

    def differences(self, batch: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Squared differences teacher-student and autoencoder-student, each N x h x w."""
        wanted = self.teacher(batch)
        told = self.student(batch)
        channels = wanted.shape[1]
        local = ((wanted - told[:, :channels]) ** 2).mean(dim=1)
        return local, ((self.autoencoder(batch) - told[:, channels:]) ** 2).mean(dim=1)


def pixels(images: Sequence[RgbImage], size: tuple[int, int]) -> torch.Tensor:
    """Network input N x 3 x H x W."""
    return torch.from_numpy(np.ascontiguousarray(to_batch(images, size, MEAN, SCALE)))


def distil(
    images: Sequence[RgbImage], targets: Sequence[NDArray[np.float32]], size: tuple[int, int], steps: int, seed: int
) -> Patches:
    """A network that describes patches as `targets` (C x h x w an image) do."""
    teacher = Patches(targets[0].shape[0])
    optimiser = torch.optim.Adam(teacher.parameters(), lr=2e-3)
    cycle = torch.optim.lr_scheduler.OneCycleLR(optimiser, 2e-3, total_steps=max(2, steps))
    for indices in _batches(len(images), steps, seed):
        batch = pixels([images[index] for index in indices], size)
        wanted = torch.from_numpy(np.stack([targets[index] for index in indices]).astype(np.float32))
        _step(((teacher(batch) - wanted) ** 2).mean(), optimiser, cycle)
    return teacher.eval().requires_grad_(False)  # type: ignore[no-any-return]


def follow(
    teacher: Patches, channels: int, images: Sequence[RgbImage], size: tuple[int, int], steps: int, seed: int
) -> Networks:
    """Student and autoencoder, trained on good photos alone."""
    found = Networks(teacher, Patches(2 * channels), Autoencoder(channels))
    weights = [*found.student.parameters(), *found.autoencoder.parameters()]
    optimiser = torch.optim.Adam(weights, lr=1e-3, weight_decay=1e-5)
    cycle = torch.optim.lr_scheduler.OneCycleLR(optimiser, 1e-3, total_steps=max(2, steps))
    rng = np.random.default_rng(seed + 1)
    for indices in _batches(len(images), steps, seed):
        batch = pixels([images[index] for index in indices], size)
        batch = batch * float(rng.uniform(0.85, 1.15)) + float(rng.normal(0, 0.1))
        wanted, told, whole = teacher(batch), found.student(batch), found.autoencoder(batch)
        errors = (wanted - told[:, :channels]) ** 2
        hard = errors[errors >= torch.quantile(errors.detach().flatten()[:: max(1, errors.numel() // 100_000)], HARD)]
        loss = hard.mean() + ((wanted - whole) ** 2).mean() + ((whole.detach() - told[:, channels:]) ** 2).mean()
        _step(loss, optimiser, cycle)
    found.student.eval().requires_grad_(False)
    found.autoencoder.eval().requires_grad_(False)
    return found


def _step(loss: torch.Tensor, optimiser: torch.optim.Optimizer, cycle: torch.optim.lr_scheduler.LRScheduler) -> None:
    optimiser.zero_grad()
    loss.backward()
    optimiser.step()
    cycle.step()


def _batches(count: int, steps: int, seed: int) -> list[list[int]]:
    """Shuffled indices, epoch after epoch."""
    rng = np.random.default_rng(seed)
    queue: list[int] = []
    found = []
    for _ in range(steps):
        while len(queue) < min(BATCH, count):
            queue += rng.permutation(count).tolist()
        found.append(queue[:BATCH])
        queue = queue[BATCH:]
    return found
