import numpy as np
import pytest

from tools.detection.errors import DetectionInputError
from tools.detection.operating import operating_table, table_markdown


def test_the_rows_do_what_their_names_say() -> None:
    good, bad = np.arange(100) / 100, np.array([0.55, 0.8, 0.9, 1.5, 2.0])
    rows = {row.name: row for row in operating_table(good.tolist(), bad.tolist())}
    assert rows["zero_miss"].misses == 0
    assert rows["zero_miss"].false_alarms == 45
    assert rows["fpr_0.05"].false_alarms == 5
    assert rows["fpr_0.01"].false_alarm_rate <= 0.01
    assert rows["min_cost"].cost == min(row.cost for row in rows.values())  # type: ignore[type-var]
    assert "| zero_miss |" in table_markdown(list(rows.values()))


def test_a_dear_miss_lowers_the_threshold() -> None:
    good, bad = np.arange(100) / 100, np.array([0.55, 0.8, 0.9, 1.5, 2.0])
    cheap = operating_table(good.tolist(), bad.tolist(), cost_miss=1)[1]
    dear = operating_table(good.tolist(), bad.tolist(), cost_miss=10_000)[1]
    assert dear.threshold < cheap.threshold
    assert dear.misses == 0


def test_scores_must_be_numbers() -> None:
    with pytest.raises(DetectionInputError, match="finite scores"):
        operating_table([1.0], [float("nan")])
    with pytest.raises(DetectionInputError, match="finite scores"):
        operating_table([], [1.0])
