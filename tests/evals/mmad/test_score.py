"""The three scores against figures worked out by hand."""

from __future__ import annotations

import pytest

from evals.mmad.score import Answered, summarise


def answers(image: str, subtask: str, pairs: str, *, dataset: str = "DS-MVTec", normal: bool = False) -> list[Answered]:
    """`pairs`: right and given letters, such as "AA AB B-"; `-` is no answer. One image each."""
    return [
        Answered(f"{image}{number}", dataset, "part", subtask, normal, pair[0], None if pair[1] == "-" else pair[1])
        for number, pair in enumerate(pairs.split())
    ]


DETECTION = "Anomaly Detection"
HAND = [
    # DS-MVTec, detection: 1 of 2 good right; 3 of 4 defective right, one of five without an answer.
    *answers("g", DETECTION, "BB BA", normal=True),
    *answers("d", DETECTION, "AA AA AA AB A-"),
    # DS-MVTec, localisation: 2 of 4 right, one more without an answer.
    *answers("d", "Defect Localization", "AA BB CA DA D-"),
    # VisA, detection: 2 of 2 good, 0 of 1 defective; localisation: 1 of 1.
    *answers("vg", DETECTION, "BB BB", dataset="VisA", normal=True),
    *answers("vd", DETECTION, "AB", dataset="VisA"),
    *answers("vd", "Defect Localization", "AA", dataset="VisA"),
]


def test_official_by_hand() -> None:
    # DS-MVTec detection (1/2 + 3/4) / 2 = 0.625, localisation 2/4 = 0.5, mean 0.5625
    # VisA detection (2/2 + 0/1) / 2 = 0.5, localisation 1, mean 0.75; average (0.5625 + 0.75) / 2 = 0.65625
    found = summarise(HAND, resamples=50)["official"]
    assert found["cells"]["DS-MVTec"] == {DETECTION: 0.625, "Defect Localization": 0.5}
    assert found["by_dataset"] == {"DS-MVTec": 0.5625, "VisA": 0.75}
    assert found["by_subtask"] == {DETECTION: 0.5625, "Defect Localization": 0.75}
    assert found["average"] == 0.65625
    assert found["empty_cells"] == 0


def test_strict_counts_missing_answers_as_wrong() -> None:
    # DS-MVTec detection (1/2 + 3/5) / 2 = 0.55, localisation 2/5 = 0.4, mean 0.475; average (0.475 + 0.75) / 2
    found = summarise(HAND, resamples=50)["strict"]
    assert found["by_dataset"]["DS-MVTec"] == pytest.approx(0.475)
    assert found["average"] == pytest.approx(0.6125)


def test_micro_weighs_questions_alike() -> None:
    # right: 1 + 3 + 2 + 2 + 0 + 1 = 9 of 14 with an answer
    found = summarise(HAND, resamples=50)
    assert found["micro"]["average"] == pytest.approx(9 / 14, abs=1e-6)
    assert found["unparsed"] == 2
    assert found["n_questions"] == 16
    assert found["n_images"] == 10


def test_overkill_and_miss_are_means_over_data_sets() -> None:
    # overkill (1/2 + 0/2) / 2, miss (1/4 + 1/1) / 2
    found = summarise(HAND, resamples=50)
    assert found["overkill"] == 0.25
    assert found["miss"] == 0.625


def test_a_cell_without_questions_is_left_out_and_counted() -> None:
    records = [*HAND, *answers("d", "Defect Analysis", "AA AA")]
    found = summarise(records, resamples=50)["official"]
    assert found["empty_cells"] == 1
    assert found["by_dataset"]["VisA"] == 0.75
    assert found["average"] == pytest.approx(((0.625 + 0.5 + 1) / 3 + 0.75) / 2)
    assert found["average_empty_as_zero"] == pytest.approx(((0.625 + 0.5 + 1) / 3 + 1.5 / 3) / 2)


def test_the_interval_holds_the_value_and_is_repeatable() -> None:
    records = [r for turn in range(10) for r in answers(f"x{turn}", DETECTION, "AA AB AA")]
    records += [r for turn in range(10) for r in answers(f"y{turn}", DETECTION, "BB BA", normal=True)]
    one, other = summarise(records, seed=3), summarise(records, seed=3)
    interval = one["official"]["interval"]
    assert one == other
    assert interval["low"] < one["official"]["average"] < interval["high"]
    assert interval["level"] == 0.95


def test_only_good_parts_give_the_accuracy_on_them() -> None:
    found = summarise(answers("g", DETECTION, "BB BA BB BB", normal=True), resamples=10)
    assert found["official"]["average"] == 0.75
    assert found["miss"] is None
