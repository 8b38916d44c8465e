import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tools.detection.threshold import Promise, allowed_above, holds, needed_good, upper_bound


def test_the_textbook_numbers_of_wilks() -> None:
    # 59 samples for 95/95, 299 for 99/95, one-sided (Wilks 1941)
    assert needed_good(Promise(rate=0.05, confidence=0.95)) == 59
    assert needed_good(Promise(rate=0.01, confidence=0.95)) == 299
    assert allowed_above(58, Promise(rate=0.05)) is None
    assert allowed_above(59, Promise(rate=0.05)) == 0
    assert allowed_above(93, Promise(rate=0.05)) == 1


def test_a_lot_so_small_that_one_false_alarm_breaks_it_needs_many_more() -> None:
    promise = Promise(rate=0.05, confidence=0.95, lot_size=10)  # not one of ten may be flagged
    assert needed_good(promise) == 190
    assert holds(190, 0, promise)
    assert not holds(189, 0, promise)


def test_upper_bound_is_clopper_pearson() -> None:
    assert upper_bound(59, 0, 0.95) == pytest.approx(1 - 0.05 ** (1 / 59))
    assert upper_bound(3, 3, 0.95) == 1.0


@settings(max_examples=30, deadline=None)
@given(st.integers(1, 600), st.floats(0.01, 0.5), st.one_of(st.none(), st.integers(20, 500)))
def test_allowed_is_the_largest_that_holds(count: int, rate: float, lot: int | None) -> None:
    promise = Promise(rate=rate, lot_size=lot)
    allowed = allowed_above(count, promise)
    if allowed is None:
        assert not holds(count, 0, promise)
    else:
        assert holds(count, allowed, promise)
        assert not holds(count, allowed + 1, promise)


def test_the_promise_is_kept_as_often_as_it_says(rng: np.random.Generator) -> None:
    promise = Promise(rate=0.05, confidence=0.9, lot_size=100)
    allowed = allowed_above(150, promise)
    assert allowed is not None
    kept = 0
    for _ in range(1000):
        scores = rng.lognormal(size=250)
        threshold = np.sort(scores[:150])[150 - 1 - allowed]
        kept += int(np.count_nonzero(scores[150:] > threshold) <= 5)
    assert kept >= 880  # 900 less three standard deviations
