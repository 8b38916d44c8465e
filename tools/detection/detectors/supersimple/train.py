"""Training of the head: AdamW, one-cycle rate, BCE + Dice, and noise on features of good places.

Noise on features (SimpleNet, Liu et al., CVPR 2023; in areas: SuperSimpleNet, Rolih et al., ICPR 2024) teaches that
what no good part shows is bad even where no drawn defect looks like it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch.nn import functional

from tools.detection.detectors.supersimple.head import Head, Noise
from tools.detection.detectors.supersimple.shelf import Shelf


@dataclass(frozen=True)
class Schedule:
    """How long and how fast: `steps` of `batch` examples; `noise_share` of them get a noisy area of `noise_sigma`."""

    steps: int
    batch: int = 4
    peak_rate: float = 3e-3
    weight_decay: float = 1e-2
    noise_share: float = 0.25
    noise_sigma: float = 1.0


def train_head(
    shelf: Shelf,
    channels: Sequence[int],
    schedule: Schedule,
    *,
    seed: int,
    progress: Callable[[float], None] | None = None,
) -> Head:
    """A trained head in evaluation mode; the same shelf, schedule, seed and machine give the same weights."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        rng = np.random.default_rng(seed)
        head = Head(channels)
        head.to(memory_format=torch.channels_last)
        rate = schedule.peak_rate
        optimiser = torch.optim.AdamW(head.parameters(), lr=rate, weight_decay=schedule.weight_decay)
        cycle = torch.optim.lr_scheduler.OneCycleLR(optimiser, rate, total_steps=max(2, schedule.steps), pct_start=0.15)
        queue: list[int] = []
        head.train()
        for step in range(schedule.steps):
            while len(queue) < schedule.batch:
                queue += rng.permutation(len(shelf)).tolist()
            indices, queue = queue[: schedule.batch], queue[schedule.batch :]
            stages, target = shelf.batch(indices)
            noise, target = _noisy_areas(stages, target, schedule, rng)
            loss = decoder_loss(forward(head, stages, noise), target)
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
            cycle.step()
            if progress is not None:
                progress((step + 1) / schedule.steps)
        head.eval()
    return head


def forward(head: Head, stages: Sequence[torch.Tensor], noise: Noise | None = None) -> torch.Tensor:
    """Float32 logits; bfloat16 inside where the processor multiplies it in hardware, while training."""
    if head.training and fast_bfloat16():
        with torch.autocast("cpu", torch.bfloat16):
            return head([stage.bfloat16() for stage in stages], noise).float()
    return head([stage.float() for stage in stages], noise)


def fast_bfloat16() -> bool:
    """True where bfloat16 is faster than float32 (AVX-512 BF16 or AMX)."""
    probe = getattr(torch.cpu, "_is_avx512_bf16_supported", None)
    return bool(probe and probe())


def _noisy_areas(
    stages: Sequence[torch.Tensor], target: torch.Tensor, schedule: Schedule, rng: np.random.Generator
) -> tuple[Noise | None, torch.Tensor]:
    """Noise for one area of some examples, and the target with that area in it."""
    picked = rng.random(len(target)) < schedule.noise_share
    if not picked.any():
        return None, target
    area = torch.zeros_like(target)
    for index in np.flatnonzero(picked):
        area[index, 0] = _area((target.shape[2], target.shape[3]), rng)
    noise = []
    for stage in stages:
        cells = functional.adaptive_max_pool2d(area[picked], stage.shape[-2:])
        strength = rng.uniform(0.5, 1.5, len(target)).astype(np.float32)[picked] * np.float32(schedule.noise_sigma)
        drawn = torch.randn((len(cells), *stage.shape[1:]))
        noise.append(drawn.mul_(cells).mul_(torch.from_numpy(strength).reshape(-1, 1, 1, 1)))
    return Noise(torch.from_numpy(np.flatnonzero(picked)), noise), torch.maximum(target, area)


def _area(shape: tuple[int, int], rng: np.random.Generator) -> torch.Tensor:
    """A random smooth patch of at most about an eighth of the map."""
    coarse = torch.from_numpy(rng.normal(size=(1, 1, *rng.integers(3, 12, 2))).astype(np.float32))
    field = functional.interpolate(coarse, size=shape, mode="bicubic")[0, 0]
    level = torch.quantile(field.flatten()[::4], float(rng.uniform(0.88, 0.995)))
    return (field > level).float()


def decoder_loss(logits: torch.Tensor, target: torch.Tensor) -> torch.Tensor:
    """Binary cross-entropy plus soft Dice (Milletari et al., 3DV 2016), an image at a time: a hairline counts as much
    as a band."""
    shares, sums = torch.sigmoid(logits), (1, 2, 3)
    truth = target.sum(sums)
    dice = 1 - (2 * (shares * target).sum(sums) + 1) / (shares.sum(sums) + truth + 1)
    spoiled = truth > 0
    overlap = (dice * spoiled).sum() / spoiled.sum().clamp(min=1)
    return functional.binary_cross_entropy_with_logits(logits, target) + 0.5 * overlap
