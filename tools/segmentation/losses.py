"""Losses on logits: where a defect is, and which one."""

from __future__ import annotations

import torch
from torch.nn import functional

IGNORE = -1
"""Class index of an example whose class is not known."""


def bce_dice(logits: torch.Tensor, truth: torch.Tensor) -> torch.Tensor:
    """Binary cross-entropy plus half of soft Dice (Milletari et al., 3DV 2016).

    Args:
        logits, truth: N x 1 x H x W; truth is 0 or 1.
    """
    return functional.binary_cross_entropy_with_logits(logits, truth) + 0.5 * soft_dice(logits, truth)


def focal(logits: torch.Tensor, truth: torch.Tensor, *, gamma: float = 2.0, alpha: float = 0.75) -> torch.Tensor:
    """Focal loss (Lin et al., ICCV 2017): pixels that are right already count little."""
    each = functional.binary_cross_entropy_with_logits(logits, truth, reduction="none")
    right = torch.exp(-each)
    weight = alpha * truth + (1 - alpha) * (1 - truth)
    return (weight * (1 - right) ** gamma * each).mean() * 4.0


def focal_dice(logits: torch.Tensor, truth: torch.Tensor) -> torch.Tensor:
    """Focal loss plus half of soft Dice."""
    return focal(logits, truth) + 0.5 * soft_dice(logits, truth)


def soft_dice(logits: torch.Tensor, truth: torch.Tensor) -> torch.Tensor:
    """1 - Dice of the shares, a photo at a time: a hairline counts as much as a band, good photos not at all."""
    shares, sums = torch.sigmoid(logits), (1, 2, 3)
    area = truth.sum(sums)
    dice = 1 - (2 * (shares * truth).sum(sums) + 1) / (shares.sum(sums) + area + 1)
    spoiled = (area > 0).float()
    return (dice * spoiled).sum() / spoiled.sum().clamp(min=1)


def class_loss(logits: torch.Tensor, truth: torch.Tensor, kinds: torch.Tensor) -> torch.Tensor:
    """Cross-entropy of the class inside the defect's pixels, each photo counting once.

    Args:
        logits: N x K x H x W.
        truth: N x 1 x H x W.
        kinds: N class indices, `IGNORE` where there is none.
    """
    target = kinds.clamp(min=0)[:, None, None].expand(-1, *logits.shape[-2:])
    each = functional.cross_entropy(logits, target, reduction="none") * truth[:, 0]
    area = truth.sum((1, 2, 3))
    known = ((kinds != IGNORE) & (area > 0)).float()
    return ((each.sum((1, 2)) / area.clamp(min=1)) * known).sum() / known.sum().clamp(min=1)


LOSSES = {"bce_dice": bce_dice, "focal": focal, "focal_dice": focal_dice}
"""Name → loss of logits and truth."""
