"""Training examples: shares, determinism, and what words do."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from tools.blueprint.parser import parse
from tools.detection.detectors.supersimple.examples import Plan, expected_defects, make_example
from tools.detection.errors import DetectionInputError

Parts = list[NDArray[np.uint8]]


def test_two_of_five_are_good_and_the_rest_carry_a_mask(good_parts: Parts) -> None:
    plan = Plan((), (96, 96))
    spoiled = [make_example(good_parts[n % 12], n, plan, np.random.default_rng(n))[1].any() for n in range(20)]
    assert 10 <= sum(spoiled) <= 12


def test_the_generator_decides(good_parts: Parts) -> None:
    plan = Plan((), (64, 96))
    first, second = (make_example(good_parts[0], 0, plan, np.random.default_rng(5)) for _ in range(2))
    np.testing.assert_array_equal(first[0], second[0])
    np.testing.assert_array_equal(first[1], second[1])
    assert first[0].shape == (64, 96, 3)


def test_words_and_blueprints_are_read() -> None:
    blueprint = parse("a dark scratch").blueprint
    found = expected_defects(["a dark scratch", blueprint.model_dump(mode="json")])
    assert [one.defect_type for one in found] == ["scratch", "scratch"]


def test_words_without_a_defect_are_refused() -> None:
    with pytest.raises(DetectionInputError, match="no defect type"):
        expected_defects(["hello there"])


def test_millimetres_need_a_scale(good_parts: Parts) -> None:
    plan = Plan(expected_defects(["a 2 mm scratch"]), (96, 96))

    def make() -> list[object]:
        return [make_example(good_parts[0], number, plan, np.random.default_rng(number)) for number in range(8)]

    with pytest.raises(DetectionInputError, match="mm-per-px"):
        make()
