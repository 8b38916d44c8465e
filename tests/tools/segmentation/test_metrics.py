from __future__ import annotations

import numpy as np
import pytest
from sklearn.metrics import average_precision_score

from tools.segmentation.evaluate import evaluate
from tools.segmentation.examples import Example
from tools.segmentation.metrics import BINS, Tally, average_precision, best_threshold, calibration_error
from tools.segmentation.segmenter import Segmenter
from tools.segmentation.train import TrainResult


def test_overlap_regions_and_false_regions_by_hand() -> None:
    truth = np.zeros((100, 100), np.uint8)
    truth[10:20, 10:20] = 255
    truth[60:62, 60:62] = 255
    found = np.zeros((100, 100), np.float32)
    found[10:20, 10:15] = 0.9
    found[80:90, 80:90] = 0.9
    tally = Tally(0.5)
    tally.add(found, truth, "pit", "pit")
    tally.add(np.zeros((100, 100), np.float32), np.zeros((100, 100), np.uint8), "good")
    figures = tally.summary()
    assert figures["dice"] == pytest.approx(2 * 50 / (150 + 104))
    assert figures["iou"] == pytest.approx(50 / (150 + 104 - 50))
    assert figures["region_recall"] == 0.5
    assert figures["false_regions_per_photo"] == 0.5
    assert figures["false_regions_per_good_photo"] == 0
    assert figures["class_accuracy"] == 1
    assert figures["by_size"] == {
        "small": {"region_recall": 0.0, "regions": 1},
        "large": {"region_recall": 1.0, "regions": 1},
    }


def test_average_precision_agrees_with_scikit_learn(rng: np.random.Generator) -> None:
    truth = rng.random(5000) < 0.1
    scores = np.clip(rng.normal(0.3 + 0.3 * truth, 0.15), 0, 0.999)
    bins = (scores * BINS).astype(int)
    counts = [np.bincount(bins[chosen], minlength=BINS) for chosen in (truth, ~truth)]
    assert average_precision(*counts) == pytest.approx(average_precision_score(truth, scores), abs=0.01)


def test_calibration_error_is_small_only_where_probabilities_hold(rng: np.random.Generator) -> None:
    said = rng.random(100_000)
    bins = (said * BINS).astype(int)
    honest, boastful = rng.random(100_000) < said, rng.random(100_000) < said**3
    errors = [
        calibration_error(*(np.bincount(bins[chosen], minlength=BINS) for chosen in (truth, ~truth)))
        for truth in (honest, boastful)
    ]
    assert errors[0] < 0.01
    assert errors[1] > 0.15


def test_the_best_threshold_lies_between_two_clear_groups() -> None:
    positive, negative = np.zeros(BINS, np.int64), np.zeros(BINS, np.int64)
    positive[800], negative[300] = 50, 500
    assert 0.3 < best_threshold(positive, negative) <= 0.8


def test_a_trained_model_is_judged(trained: TrainResult, parts: list[Example]) -> None:
    figures = evaluate(Segmenter.load(trained.model, device="cpu"), parts[27:])
    assert figures["dice"] > 0.8
    assert figures["region_recall"] > 0.8
    assert figures["class_accuracy"] > 0.8
    assert set(figures["by_class"]) == {"hole", "scratch"}
