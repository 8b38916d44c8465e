import numpy as np
import pytest

from tools.detection.pod_fit import fit_pod


def data(rng: np.random.Generator, count: int, a50: float = 1.0, slope: float = 4.0):  # type: ignore[no-untyped-def]
    sizes = np.exp(rng.uniform(np.log(0.2), np.log(5.0), count))
    return sizes, rng.random(count) < 1 / (1 + (a50 / sizes) ** slope)


def test_finds_the_curve_it_was_made_from(rng: np.random.Generator) -> None:
    found = fit_pod(*data(rng, 4000))
    assert found.a50 == pytest.approx(1.0, rel=0.05)
    assert found.a90 == pytest.approx(9 ** (1 / 4), rel=0.06)
    assert found.a90_95 is not None
    assert found.a90 < found.a90_95 < 1.1 * found.a90


def test_the_bound_covers_the_truth_as_often_as_it_says(rng: np.random.Generator) -> None:
    truth = 9 ** (1 / 4)
    bounds = [fit_pod(*data(rng, 60)).a90_95 for _ in range(120)]
    covered = sum(bound is None or bound >= truth for bound in bounds)
    assert covered >= 0.84 * 120  # 92.6 % in 1500 experiments, less three standard deviations
    assert np.median([bound for bound in bounds if bound is not None]) < 3.5


def test_separated_data_are_a_step_with_a_bound() -> None:
    sizes = np.geomspace(0.1, 10, 40)
    found = fit_pod(sizes, sizes > 1.0)
    assert found.separated
    assert found.a90 == pytest.approx(1.0, rel=0.1)
    assert found.a90_95 is not None
    assert 1.0 < found.a90_95 < 3.0


def test_no_rise_no_limit() -> None:
    sizes = np.geomspace(0.1, 10, 40)
    assert fit_pod(sizes, np.zeros(40, dtype=bool)).a90 is None
    assert fit_pod(sizes, sizes < 1.0).a90 is None
    with pytest.raises(ValueError, match="at least 4 trials"):
        fit_pod(np.array([1.0]), np.array([True]))
