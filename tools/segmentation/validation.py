"""The held-out examples of a run: loss and overlap an epoch, threshold and temperature at the end."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from tools.datasets.model import GOOD
from tools.segmentation.augment import to_size
from tools.segmentation.config import TrainConfig
from tools.segmentation.examples import Example
from tools.segmentation.losses import IGNORE, LOSSES
from tools.segmentation.metrics import BINS, Tally, best_threshold
from tools.segmentation.unet_tiny import UNetTiny

TEMPERATURES = np.exp(np.linspace(np.log(0.5), np.log(3.0), 25))


@dataclass(frozen=True)
class Prepared:
    """A validation example at the training size."""

    image: NDArray[np.uint8]
    mask: NDArray[np.uint8]
    label: str
    kind: int


def prepare(examples: Sequence[Example], config: TrainConfig, classes: Sequence[str]) -> list[Prepared]:
    """Those that can be used, at the training size."""
    index = {name: number for number, name in enumerate(classes)}
    usable = [each for each in examples if each.label == GOOD or not each.is_good]
    return [
        Prepared(*to_size(each.image, each.mask, config.size_hw), each.label, index.get(each.label, IGNORE))
        for each in usable
    ]


def _held_logits(
    network: UNetTiny, held: Sequence[Prepared], config: TrainConfig, device: str
) -> Iterator[torch.Tensor]:
    """Logits (1 + classes) x H x W of each, on the processor."""
    for start in range(0, len(held), config.batch):
        images = torch.from_numpy(np.stack([each.image for each in held[start : start + config.batch]]))
        with torch.inference_mode():
            yield from forward(network, images.to(device), amp=config.amp, device=device).cpu()


def validate(network: UNetTiny, held: Sequence[Prepared], config: TrainConfig, device: str) -> dict[str, float]:
    """`val_loss`, and pooled `val_dice` and `val_iou` at one half."""
    tally, losses = Tally(0.5), []
    for each, logits in zip(held, _held_logits(network, held, config, device), strict=True):
        truth = torch.from_numpy(each.mask > 0).float()[None, None]
        losses.append(float(LOSSES[config.loss](logits[None, :1], truth)))
        tally.add(torch.sigmoid(logits[0]).numpy(), each.mask, each.label)
    found = tally.summary()
    dice, iou = float(str(found["dice"])), float(str(found["iou"]))
    return {"val_loss": float(np.mean(losses)), "val_dice": dice, "val_iou": iou}


def forward(
    network: UNetTiny, images: torch.Tensor, moments: torch.Tensor | None = None, *, amp: bool, device: str
) -> torch.Tensor:
    """float32 logits of uint8 N x H x W x 3 photos, or of windows of photos with these moments."""
    batch = images.permute(0, 3, 1, 2).float() / 127.5 - 1.0
    kind = torch.float16 if device == "cuda" else torch.bfloat16
    with torch.autocast(device, kind, enabled=amp):
        logits = network(batch.contiguous(memory_format=torch.channels_last), moments)
    return logits.float()


def fit_probability(network: UNetTiny, held: Sequence[Prepared], config: TrainConfig, device: str) -> dict[str, float]:
    """Temperature with the least cross-entropy, then the threshold with the best IoU on the calibrated probability."""
    edges = np.linspace(-16, 16, BINS - 1)
    positive, negative = np.zeros(BINS, np.int64), np.zeros(BINS, np.int64)
    for each, logits in zip(held, _held_logits(network, held, config, device), strict=True):
        bins = np.digitize(logits[0].numpy(), edges)
        positive += np.bincount(bins[each.mask > 0], minlength=BINS)
        negative += np.bincount(bins[each.mask == 0], minlength=BINS)
    if not positive.any():
        return {}
    middle = np.concatenate([[-16.0], (edges[1:] + edges[:-1]) / 2, [16.0]])
    costs = [
        (positive * np.logaddexp(0, -middle / t) + negative * np.logaddexp(0, middle / t)).sum() for t in TEMPERATURES
    ]
    temperature = float(TEMPERATURES[int(np.argmin(costs))])
    shares = np.minimum((BINS / (1 + np.exp(-middle / temperature))).astype(int), BINS - 1)
    by_share = [np.bincount(shares, weights=counts, minlength=BINS) for counts in (positive, negative)]
    threshold = best_threshold(by_share[0].astype(np.int64), by_share[1].astype(np.int64))
    return {"temperature": round(temperature, 4), "threshold": round(threshold, 4)}
