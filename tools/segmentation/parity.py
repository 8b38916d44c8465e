"""The gate of every export: the same probabilities as the trained network, and int8 masks that are as good.

Sizes and batches other than those of the export are tried, because that is where an export goes wrong.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from tools.segmentation.augment import to_size
from tools.segmentation.errors import ParityError
from tools.segmentation.examples import Example
from tools.segmentation.model import ModelCard
from tools.segmentation.segmenter import Engine, prepare

FP32_MAX_ABS = 1e-4
INT8_MAX_DROP = 0.01
SHAPES = ((1, 2, 2), (3, 4, 3), (2, 8, 8))
"""Batch, and height and width in multiples of the network's: what the gate tries besides the working size."""


@dataclass(frozen=True)
class Parity:
    """Largest difference of any output (float32), loss of Dice (int8; below 0 where it gained)."""

    fp32_max_abs: float
    int8_dice_drop: float | None = None
    openvino_max_abs: float | None = None


def check_fp32(reference: Engine, exported: Engine, card: ModelCard, *, limit: float = FP32_MAX_ABS) -> float:
    """The largest difference of any output over several batch sizes and image sizes.

    Raises:
        ParityError: it exceeds `limit`.
    """
    multiple = card.network.multiple_px
    shapes = [(count, multiple * rows, multiple * columns) for count, rows, columns in SHAPES]
    worst = 0.0
    for count, height, width in [*shapes, (1, *card.size_hw)]:
        rng = np.random.default_rng((count, height, width))
        coarse = rng.uniform(-1, 1, (count, 3, height // 8, width // 8)).repeat(8, axis=2).repeat(8, axis=3)
        batch = np.clip(coarse + rng.normal(0, 0.1, coarse.shape), -1, 1).astype(np.float32)
        for wanted, found in zip(reference.run(batch), exported.run(batch), strict=True):
            if wanted.shape != found.shape:
                raise ParityError(
                    f"{exported.name} gives {found.shape}, the model {wanted.shape}; nothing was exported"
                )
            if wanted.size:
                worst = max(worst, float(np.abs(wanted - found).max()))
    if not worst <= limit:
        raise ParityError(
            f"{exported.name} differs from the model by {worst:.2g}, more than {limit:g}; nothing was exported"
        )
    return worst


def check_int8(
    reference: Engine,
    quantised: Engine,
    card: ModelCard,
    examples: Sequence[Example],
    *,
    limit: float = INT8_MAX_DROP,
) -> float:
    """How much Dice int8 loses against float32 on examples with masks, at the card's threshold.

    Raises:
        ParityError: more than `limit`.
    """
    drop = mean_dice(reference, card, examples) - mean_dice(quantised, card, examples)
    if not drop <= limit:
        raise ParityError(
            f"int8 loses {drop:.3f} Dice, more than {limit:g}; give more calibration photos of the line, or leave int8 "
            "out with --no-int8; nothing was exported"
        )
    return drop


def mean_dice(engine: Engine, card: ModelCard, examples: Sequence[Example]) -> float:
    """Pooled Dice at the working size."""
    overlap = marked = 0
    for each in examples:
        found = engine.run(prepare(each.image, card.size_hw))[0][0, 0] > card.threshold
        truth = to_size(each.image, each.mask, card.size_hw)[1] > 0
        overlap += int((found & truth).sum())
        marked += int(found.sum()) + int(truth.sum())
    return 2 * overlap / marked if marked else 1.0
