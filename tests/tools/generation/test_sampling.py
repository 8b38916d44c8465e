"""Ranges become points that cover them."""

from __future__ import annotations

import numpy as np
import pytest

from tools.blueprint.model import Appearance, Blueprint, CountRange, Geometry, PositiveRange, Range
from tools.generation.errors import BlueprintDoesNotFitError
from tools.generation.sampling import sample_blueprints

RANGED = Blueprint(
    defect_type="scratch",
    geometry=Geometry(
        length_mm=PositiveRange(min=2.0, max=10.0),
        width_mm=PositiveRange(min=0.1, max=0.5),
        orientation_deg=45.0,
        orientation_spread_deg=20.0,
    ),
    count=CountRange(min=1, max=4),
    appearance=Appearance(contrast=Range(min=-0.6, max=-0.1)),
    mm_per_px=0.05,
)


def test_fifty_samples_cover_every_range() -> None:
    samples = sample_blueprints(RANGED, 50, 3)
    lengths = np.array([b.geometry.length_mm.min for b in samples])
    assert all(b.geometry.length_mm.min == b.geometry.length_mm.max for b in samples)
    for low, high in zip(np.linspace(2, 10, 11)[:-1], np.linspace(2, 10, 11)[1:], strict=True):
        assert ((lengths >= low) & (lengths <= high)).sum() >= 2
    assert {b.count.min for b in samples} == {1, 2, 3, 4}
    assert all(25 <= b.geometry.orientation_deg <= 65 for b in samples)
    assert all(-0.6 <= b.appearance.contrast.min <= -0.1 for b in samples)


def test_same_seed_same_samples() -> None:
    assert sample_blueprints(RANGED, 8, 1) == sample_blueprints(RANGED, 8, 1)
    assert sample_blueprints(RANGED, 8, 1) != sample_blueprints(RANGED, 8, 2)


def test_without_ranges_every_sample_is_the_blueprint() -> None:
    plain = Blueprint(defect_type="void")
    assert sample_blueprints(plain, 3, 0) == [plain] * 3


def test_no_samples_is_an_error() -> None:
    with pytest.raises(BlueprintDoesNotFitError):
        sample_blueprints(RANGED, 0, 0)
