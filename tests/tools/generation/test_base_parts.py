"""Base parts look like something and repeat."""

from __future__ import annotations

import numpy as np
import pytest

from tools.generation.base_parts import BASE_PARTS, render_part
from tools.generation.errors import BlueprintDoesNotFitError


@pytest.mark.parametrize("kind", BASE_PARTS)
def test_every_part_repeats_and_varies(kind: str) -> None:
    one, two, other = (render_part(kind, size=(96, 128), seed=seed) for seed in (1, 1, 2))
    assert one.shape == (96, 128, 3)
    assert one.dtype == np.uint8
    assert np.array_equal(one, two)
    assert not np.array_equal(one, other)
    assert 12 < one.mean() < 248
    assert one.std() > 1


@pytest.mark.parametrize(("kind", "size"), [("marble", (128, 128)), ("wood", (10, 128)), ("wood", (128, 9000))])
def test_bad_requests(kind: str, size: tuple[int, int]) -> None:
    with pytest.raises(BlueprintDoesNotFitError):
        render_part(kind, size=size)
