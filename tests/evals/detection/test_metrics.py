from __future__ import annotations

import numpy as np
import pytest
from sklearn.metrics import average_precision_score, roc_auc_score

from evals.detection.metrics import PixelTable, image_metrics, iou, matched, peak_in_mask, recall_at_fpr


def scene(rng: np.random.Generator) -> tuple[list[np.ndarray], list[np.ndarray | None]]:
    maps, masks = [], []
    for index in range(12):
        scores = rng.normal(size=(40, 50)).astype(np.float32)
        mask = None
        if index % 2:
            mask = np.zeros((40, 50), bool)
            mask[5:12, 8:20] = True
            mask[30:33, 40:44] = True
            scores[mask] += 1.5
        maps.append(scores)
        masks.append(mask)
    return maps, masks


def test_pixel_figures_agree_with_exact_ones(rng: np.random.Generator) -> None:
    maps, masks = scene(rng)
    labels = np.concatenate([np.zeros(m.size) if k is None else k.ravel() for m, k in zip(maps, masks, strict=True)])
    scores = np.concatenate([m.ravel() for m in maps])
    found = PixelTable(maps, masks).metrics()
    assert found["pixel_auroc"] == pytest.approx(roc_auc_score(labels, scores), abs=1e-3)
    assert found["pixel_ap"] == pytest.approx(average_precision_score(labels, scores), abs=5e-3)


def test_aupro_of_a_perfect_map_is_one_and_of_a_random_one_is_not(rng: np.random.Generator) -> None:
    maps, masks = scene(rng)
    perfect = [np.zeros_like(m) if k is None else k.astype(np.float32) for m, k in zip(maps, masks, strict=True)]
    assert PixelTable(perfect, masks).metrics()["aupro"] == pytest.approx(1.0, abs=1e-6)
    noise = [rng.normal(size=m.shape).astype(np.float32) for m in maps]
    assert PixelTable(noise, masks).metrics()["aupro"] == pytest.approx(0.15, abs=0.05)


def test_recall_at_a_false_positive_rate() -> None:
    good = np.arange(100, dtype=float)
    assert recall_at_fpr(good, np.array([97.5, 98.5, 99.5, 200.0]), 0.01) == 0.75
    assert image_metrics(good, good + 1000)["image_auroc"] == 1.0


def test_boxes() -> None:
    assert iou((0, 0, 10, 10), (5, 0, 15, 10)) == pytest.approx(1 / 3)
    assert iou((0, 0, 10, 10), (10, 0, 20, 10)) == 0.0
    assert matched([(0, 0, 10, 10), (1, 1, 10, 10)], [(0, 0, 10, 10)], 0.33) == 1


def test_peak() -> None:
    mask = np.zeros((5, 5), bool)
    mask[1, 2] = True
    assert peak_in_mask([mask.astype(np.float32), 1 - mask.astype(np.float32)], [mask, mask]) == 0.5
