"""The two learners, trained to convergence the same way for every method: AdamW, one-cycle rate, BCE + Dice.

Converged means: over the last fifth of the run the loss on held-out training images fell by less than 5 % of its total
fall (`converged` in the log says whether it did).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch.nn import functional

from evals.synthesis.stacks import STAGE_CHANNELS, Features, Stack
from evals.synthesis.tiles import SIZE_HW
from tools.detection.detectors.supersimple.head import Head
from tools.detection.detectors.supersimple.train import decoder_loss
from tools.segmentation.unet_tiny import UNetTiny

Progress = Callable[[str], None]
LEARNERS = ("decoder", "unet_tiny")
CROP_PX = 128
"""UNetTiny learns on crops of this side at full resolution, and judges whole photos: from scratch it needs many looks
at a small defect more than it needs the surroundings."""
ON_DEFECT = 0.75
"""Share of the crops of a spoiled photo that are laid around a pixel of its defect."""
LOSS_HW = (SIZE_HW[0] // 2, SIZE_HW[1] // 2)
"""The loss is taken at this size, on the share of each two by two pixels that is defective: half the time."""


@dataclass(frozen=True)
class Plan:
    """How long and how fast: `steps` of `batch` images."""

    steps: int
    batch: int = 8
    peak_rate: float = 3e-3
    weight_decay: float = 1e-2


@dataclass
class Trained:
    """A model with its input source and what the run looked like."""

    name: str
    model: torch.nn.Module
    log: dict[str, Any]

    def logits(self, stack: Stack, features: Features | None = None, *, chunk: int = 16) -> NDArray[np.float16]:
        """float16 N x H x W logits of a stack's images."""
        source = _source(self.name, stack, features)
        self.model.eval()
        out = np.empty(stack.masks.shape, np.float16)
        with torch.inference_mode():
            for start in range(0, len(stack), chunk):
                indices = np.arange(start, min(start + chunk, len(stack)))
                out[indices] = _forward(self.model, source(indices), stack.masks.shape[1:])[:, 0].numpy()
        return out


def train(
    name: str, stack: Stack, plan: Plan, *, seed: int, features: Features | None = None, progress: Progress = print
) -> Trained:
    """Train one learner on a stack; a tenth of it is kept aside to watch the loss and to choose the threshold.

    Args:
        name: `decoder` (needs `features` of the stack, or computes them) or `unet_tiny`.
        stack: training images with masks.
        plan: steps, batch and rates.
        seed: of weights and of the order of images.
        features: the stack's frozen features.
        progress: gets a line now and then.
    """
    torch.manual_seed(seed)
    rng = np.random.default_rng(seed)
    model = Head(STAGE_CHANNELS) if name == "decoder" else UNetTiny()
    model = model.to(memory_format=torch.channels_last)
    order = rng.permutation(len(stack))
    kept, used = order[: len(stack) // 10], order[len(stack) // 10 :]
    source = _source(name, stack, features)
    optimiser = torch.optim.AdamW(model.parameters(), lr=plan.peak_rate, weight_decay=plan.weight_decay)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, plan.peak_rate, total_steps=plan.steps, pct_start=0.15)
    curve: list[tuple[int, float]] = []
    queue: list[int] = []
    for step in range(plan.steps):
        if len(queue) < plan.batch:
            queue += rng.permutation(used).tolist()
        indices, queue = np.array(queue[: plan.batch]), queue[plan.batch :]
        model.train()
        batch, target = source.lesson(indices, rng)
        loss = decoder_loss(_forward(model, batch, tuple(target.shape[-2:])), target)
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        schedule.step()
        if (step + 1) % max(1, plan.steps // 20) == 0:
            curve.append((step + 1, _held_out_loss(model, source, stack, kept)))
            progress(f"step {step + 1}/{plan.steps}, held-out loss {curve[-1][1]:.3f}")
    trained = Trained(name, model, {"held_out_loss": curve, "converged": _converged(curve), "images": len(stack)})
    trained.log["logit_threshold"] = _best_threshold(trained, stack, features, kept)
    return trained


class _Frozen:
    """What the decoder sees: the frozen features of whole photos."""

    def __init__(self, stack: Stack, features: Features | None) -> None:
        self._stack, self._held = stack, features or Features(stack)

    def __call__(self, indices: NDArray[np.intp]) -> Any:
        """The model's input."""
        return [torch.from_numpy(v).permute(0, 3, 1, 2).bfloat16() for v in self._held[indices]]

    def lesson(self, indices: NDArray[np.intp], rng: np.random.Generator) -> tuple[Any, torch.Tensor]:  # noqa: ARG002
        """Input and target of a training step."""
        return self(indices), _target(self._stack, indices)


class _Photos:
    """What UNetTiny sees: whole photos, each with mean 0 and deviation 1; crops of them while it learns."""

    def __init__(self, stack: Stack) -> None:
        self._stack = stack

    def __call__(self, indices: NDArray[np.intp]) -> torch.Tensor:
        """The model's input."""
        batch = torch.from_numpy(self._stack.images[indices]).permute(0, 3, 1, 2).float()
        spread = batch.std((1, 2, 3), keepdim=True).clamp(min=4.0)
        return (batch - batch.mean((1, 2, 3), keepdim=True)) / spread

    def lesson(self, indices: NDArray[np.intp], rng: np.random.Generator) -> tuple[torch.Tensor, torch.Tensor]:
        """Crops, mirrored and relit at random, and their targets."""
        photos, masks = self(indices), torch.from_numpy((self._stack.masks[indices] > 0).astype(np.float32))
        pairs = [_crop(photo, mask, rng) for photo, mask in zip(photos, masks, strict=True)]
        batch = torch.stack([photo for photo, _ in pairs]).contiguous(memory_format=torch.channels_last)
        return batch, functional.avg_pool2d(torch.stack([mask for _, mask in pairs])[:, None], 2)


def _crop(photo: torch.Tensor, mask: torch.Tensor, rng: np.random.Generator) -> tuple[torch.Tensor, torch.Tensor]:
    height, width = mask.shape
    rows, columns = np.nonzero(mask.numpy())
    y, x = int(rng.integers(height - CROP_PX + 1)), int(rng.integers(width - CROP_PX + 1))
    if len(rows) and rng.random() < ON_DEFECT:
        chosen, third = int(rng.integers(len(rows))), CROP_PX // 3
        off = rng.integers(-third, third + 1, 2) - CROP_PX // 2
        y = int(np.clip(rows[chosen] + off[0], 0, height - CROP_PX))
        x = int(np.clip(columns[chosen] + off[1], 0, width - CROP_PX))
    photo, mask = photo[:, y : y + CROP_PX, x : x + CROP_PX], mask[y : y + CROP_PX, x : x + CROP_PX]
    mirrored = [axis for axis in (0, 1) if rng.random() < 0.5]
    photo, mask = photo.flip([axis + 1 for axis in mirrored]), mask.flip(mirrored)
    return photo * float(np.exp(rng.normal(0.0, 0.15))) + float(rng.normal(0.0, 0.15)), mask


def _source(name: str, stack: Stack, features: Features | None) -> _Frozen | _Photos:
    return _Frozen(stack, features) if name == "decoder" else _Photos(stack)


def _forward(model: torch.nn.Module, batch: Any, size: tuple[int, ...]) -> torch.Tensor:
    """Logits at the working size; bfloat16 inside, which halves the time on processors that have it."""
    with torch.autocast("cpu", torch.bfloat16):
        logits = model(batch)
    logits = logits.float()
    if logits.shape[-2:] == torch.Size(size):
        return logits
    return functional.interpolate(logits, size=size, mode="bilinear")


def _target(stack: Stack, indices: NDArray[np.intp]) -> torch.Tensor:
    """Share of the defect in each two by two pixels."""
    return functional.avg_pool2d(torch.from_numpy((stack.masks[indices] > 0).astype(np.float32))[:, None], 2)


def _held_out_loss(model: torch.nn.Module, source: Any, stack: Stack, kept: NDArray[np.intp]) -> float:
    model.eval()
    with torch.inference_mode():
        losses = [
            decoder_loss(_forward(model, source(part), LOSS_HW), _target(stack, part)).item()
            for part in np.array_split(kept, max(1, len(kept) // 8))
        ]
    return float(np.mean(losses))


def _converged(curve: list[tuple[int, float]]) -> bool:
    values = [loss for _, loss in curve]
    late = values[-max(2, len(values) // 5) :]
    return bool(late[0] - min(late) <= 0.05 * max(values[0] - min(values), 1e-6))


def _best_threshold(trained: Trained, stack: Stack, features: Features | None, kept: NDArray[np.intp]) -> float:
    """The logit cut with the best pooled IoU on the held-out part of the training images: no real defect is used."""
    source = _source(trained.name, stack, features)
    trained.model.eval()
    with torch.inference_mode():
        parts = np.array_split(kept, max(1, len(kept) // 8))
        logits = np.concatenate(
            [_forward(trained.model, source(part), stack.masks.shape[1:]).numpy() for part in parts]
        )
    truth = stack.masks[kept][:, None] > 0
    cuts = np.linspace(-4, 4, 33)
    scores = [(truth & (logits > cut)).sum() / max(1, (truth | (logits > cut)).sum()) for cut in cuts]
    return float(cuts[int(np.argmax(scores))])


def save_log(path: Path, log: dict[str, Any]) -> None:
    """Keep what a run looked like beside its predictions."""
    import json

    path.write_text(json.dumps(log, indent=1))
