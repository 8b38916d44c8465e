"""The YAML file: the published keys are read, everything else is an error that helps."""

from __future__ import annotations

from pathlib import Path

import pytest

from tools.calibration.config import load_config
from tools.calibration.errors import CalibrationError
from tools.calibration.space import Number


def write(folder: Path, text: str) -> Path:
    path = folder / "calibration.yaml"
    path.write_text(text)
    return path


def test_an_empty_file_is_the_published_experiment(tmp_path: Path) -> None:
    config = load_config(write(tmp_path, ""))
    start = config.iteration_0
    assert [(g.sets, g.replications) for g in (start.real, start.close, start.far)] == [(5, 3), (8, 3), (8, 3)]
    assert (config.iterations, config.batch, config.replications, config.stop.patience) == (10, 8, 3, 3)


def test_any_field_can_be_searched(tmp_path: Path) -> None:
    text = """
experiment: pores
blueprint: a small void in cast aluminium
good: good
real: real
space:
  parameters:
    geometry.diameter_mm: {kind: float, low: 0.5, high: 4}
    count: {kind: int, low: 1, high: 6}
"""
    config = load_config(write(tmp_path, text))
    assert config.good == tmp_path / "good"
    assert config.space.parameters["count"] == Number(kind="int", low=1, high=6)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("iteratons: 3", "did you mean 'iterations'"),
        ("iterations: banana", "iterations"),
        ("iterations: 0", "greater than or equal to 1"),
        ("[1, 2]", "keys and values"),
        ("a: [", "not YAML"),
        ("blueprint: a void", "must name a folder"),
        ("optimiser: magic", "optimiser"),
        ("experiment: ../../etc", "experiment"),
    ],
)
def test_mistakes_are_one_clear_line(text: str, words: str, tmp_path: Path) -> None:
    with pytest.raises(CalibrationError, match=words) as caught:
        load_config(write(tmp_path, text))
    assert "\n" not in str(caught.value)


def test_a_missing_file_says_so(tmp_path: Path) -> None:
    with pytest.raises(CalibrationError, match="does not exist"):
        load_config(tmp_path / "none.yaml")
