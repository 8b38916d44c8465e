"""Supervised on real masks: k folds, by photo as publications split, or by specimen so that nothing leaks."""

from __future__ import annotations

import multiprocessing
import os
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from sklearn.model_selection import StratifiedGroupKFold, StratifiedKFold

from evals.segmentation.confusion import Confusions, label_map
from evals.segmentation.photos import real_example
from evals.segmentation.plan import Keeper, Size, config, progress, say
from evals.synthesis.tiles import Split
from tools.segmentation.evaluate import evaluate
from tools.segmentation.examples import Example, Held, split_examples
from tools.segmentation.segmenter import Segmenter
from tools.segmentation.train import train

GOOD_PHOTOS = 100
VALIDATION = 0.12
PUBLISHED = {
    "MorphoMoE": {"miou": 0.792, "parameters_million": 1.48},
    "FDSNet": {"miou": 0.639},
}
DIFFERENCES = (
    "206 of the 392 published defect photos are here; five folds over these instead of the publications' own single "
    "splits; networks start from weights trained on sculpted defects, not from ImageNet; masks are judged at the "
    "photos' own size; mIoU is the mean over background and the five classes of IoU pooled over all defect photos; "
    "photos with an empty mask are left out. Folds by photo (as published) put photos of one specimen under other "
    "lights on both sides; `real_5fold_by_specimen` does not"
)


@dataclass(frozen=True)
class Fold:
    """One model to train: `rest` and `held` are indices of the split's defects."""

    name: str
    rest: tuple[int, ...]
    held: tuple[int, ...]


def deal(split: Split, folds: int, *, seed: int, by_specimen: bool) -> list[Fold]:
    """The folds, each class alike in all; with `by_specimen` no specimen on both sides."""
    kinds = np.array([tile.kind for tile in split.defects])
    groups = np.array([tile.specimen for tile in split.defects]) if by_specimen else None
    dealer = (StratifiedGroupKFold if by_specimen else StratifiedKFold)(folds, shuffle=True, random_state=seed)
    name = "specimens" if by_specimen else "photos"
    return [
        Fold(f"{name}_{number}", tuple(rest.tolist()), tuple(held.tolist()))
        for number, (rest, held) in enumerate(dealer.split(kinds, kinds, groups), start=1)
    ]


def train_folds(folds: Sequence[Fold], split: Split, start: Path, keeper: Keeper, size: Size, *, seed: int) -> None:
    """Train all of them in two processes of one thread each (one where OMP_NUM_THREADS is 1); finished ones stay."""
    processes = 1 if os.environ.get("OMP_NUM_THREADS") == "1" else min(2, os.cpu_count() or 1)
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(processes, mp_context=context, initializer=_single_thread) as pool:
        waiting = [pool.submit(_train, fold, split, start, keeper, size, seed) for fold in folds]
        for each in waiting:
            each.result()


def _single_thread() -> None:
    import cv2
    import torch

    torch.set_num_threads(1)
    cv2.setNumThreads(1)


def _train(fold: Fold, split: Split, start: Path, keeper: Keeper, size: Size, seed: int) -> None:
    done = keeper.folder(fold.name) / "done"
    if done.exists():
        return
    examples = [real_example(tile) for tile in (split.defects[index] for index in fold.rest)]
    examples += [real_example(tile) for tile in split.train_good[:GOOD_PHOTOS]]
    used, held = split_examples(examples, VALIDATION, seed=seed)
    settings = config(size, size.fold_steps, seed=seed, good_share=0.1, peak_rate=3e-3)
    train(Held(used), held, keeper.folder(fold.name), settings, start_from=start, progress=progress(fold.name))
    done.touch()


def judge_folds(folds: Sequence[Fold], split: Split, keeper: Keeper, *, seed: int) -> dict[str, Any]:
    """Figures over all folds: each defect photo judged by the model that did not train on it."""
    pooled = Confusions()
    details: list[dict[str, Any]] = []
    for fold in folds:
        tests = [real_example(split.defects[index]) for index in fold.held]
        details.append(_judge(keeper.folder(fold.name) / "model", tests, pooled))
        say(f"{fold.name}: Dice {details[-1]['dice']:.3f}")
    return {**pooled.figures(seed=seed), "per_fold": details}


def _judge(model: Path, tests: Sequence[Example], pooled: Confusions) -> dict[str, Any]:
    """Adds the photos to `pooled`; returns the product's own figures of this fold."""
    segmenter = Segmenter.load(model, device="cpu")
    for each in tests:
        found = segmenter.predict([each.image])[0]
        pooled.add(label_map(found, segmenter.card.classes), each.mask, each.label, each.group)
    figures = evaluate(segmenter, tests)
    names = ("dice", "iou", "dice_per_photo", "pixel_ap", "region_recall", "false_regions_per_photo", "class_accuracy",
             "calibration_error", "threshold")  # fmt: skip
    return {name: figures[name] for name in names} | {"by_size": figures["by_size"]}
