"""Shares of parameter sets: the mixture that lies where the real images lie."""

import numpy as np
import pytest

from tools.calibration.errors import CalibrationError
from tools.calibration.mixture import Mixture, fit_mixture
from tools.calibration.space import Category, Number, Space
from tools.scoring.distances import mmd2

SPACE = Space(parameters={"kind": Category(choices=("a", "b")), "size": Number(low=0, high=10)})


def clouds(generator: np.random.Generator, middles: tuple[float, ...]) -> list[np.ndarray]:
    return [generator.normal((middle, 0.0), 0.3, (6, 2)) for middle in middles]


def test_the_sets_that_the_real_images_come_from_get_the_shares():
    generator = np.random.default_rng(0)
    real = np.vstack(clouds(generator, (0.0, 0.0, 4.0)))
    made = clouds(generator, (0.0, 2.0, 4.0, 9.0))
    sets = [{"kind": "a" if n < 2 else "b", "size": float(n)} for n in range(4)]
    found = fit_mixture(sets, made, real, bandwidth=2.0)
    shares = {float(one["size"]): share for one, share in zip(found.sets, found.shares, strict=True)}
    assert sum(found.shares) == pytest.approx(1.0)
    assert shares[0.0] == pytest.approx(2 / 3, abs=0.15)
    assert shares[2.0] == pytest.approx(1 / 3, abs=0.15)
    assert 3.0 not in shares
    assert found.centre(SPACE)["kind"] == "a"
    drawn = [made[int(float(found.draw(generator)["size"]))] for _ in range(60)]
    single = mmd2(made[0], real, bandwidth=2.0)
    assert mmd2(np.vstack(drawn), real, bandwidth=2.0) < single


def test_a_mixture_needs_sets():
    with pytest.raises(CalibrationError, match="needs parameter sets"):
        fit_mixture([], [], np.zeros((3, 2)), bandwidth=1.0)


def test_the_centre_of_whole_numbers_is_whole():
    space = Space(parameters={"n": Number(kind="int", low=1, high=9)})
    assert Mixture(({"n": 2}, {"n": 5}), (0.5, 0.5)).centre(space)["n"] in (3, 4)
