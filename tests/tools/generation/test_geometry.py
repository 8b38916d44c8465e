"""Asked sizes come out, to 5 % or a pixel, measured on the mask."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from evals.synthesis.exactness_measure import measure_instances
from tools.blueprint.model import Blueprint, CountRange, Geometry, PositiveRange
from tools.generation.renderer import Renderer
from tools.generation.renderer.shape import BlobForm, blob, inner_depth, measure_blob
from tools.generation.renderer.types import RENDER_TYPES
from tools.vision.types import RgbImage

SCALE = 0.05
BLOBS = sorted(name for name, kind in RENDER_TYPES.items() if not kind.stroke)


def point(pixels: float) -> PositiveRange:
    return PositiveRange(min=pixels * SCALE, max=pixels * SCALE)


def near(found: float, wanted: float) -> bool:
    return abs(found - wanted) <= max(1.0, 0.05 * wanted) + 0.5


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    name=st.sampled_from(["scratch", "crack"]),
    length=st.floats(20, 110),
    slenderness=st.floats(10, 40),
    count=st.integers(1, 2),
    seed=st.integers(0, 500),
)
def test_strokes(name: str, length: float, slenderness: float, count: int, seed: int, metal: RgbImage) -> None:
    width = min(max(1.5, length / slenderness), 6.0)
    blueprint = Blueprint(
        defect_type=name,
        geometry=Geometry(length_mm=point(length), width_mm=point(width)),
        count=CountRange(min=count, max=count),
        mm_per_px=SCALE,
        style={"branches": 0} if name == "crack" else {},
    )
    rendering = Renderer().generate(blueprint, metal, seed)
    found = measure_instances(rendering.mask > 0, stroke=True)
    assert len(found) == count
    for instance in found:
        assert near(instance["length_px"], length)
        assert near(instance["width_px"], width)


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    name=st.sampled_from(BLOBS),
    diameter=st.floats(6, 60),
    aspect=st.one_of(st.none(), st.floats(0.35, 0.95)),
    seed=st.integers(0, 500),
)
def test_blobs(name: str, diameter: float, aspect: float | None, seed: int, metal: RgbImage) -> None:
    if aspect is None:
        geometry = Geometry(diameter_mm=point(diameter))
    else:
        geometry = Geometry(length_mm=point(diameter), width_mm=point(diameter * aspect))
    blueprint = Blueprint(
        defect_type=name, geometry=geometry, count=CountRange(min=1, max=1), mm_per_px=SCALE,
        style={"form": 0} if name == "contamination" else {},
    )  # fmt: skip
    rendering = Renderer().generate(blueprint, metal, seed)
    (found,) = measure_instances(rendering.mask > 0, stroke=False)
    if aspect is None:
        assert near(found["diameter_px"], diameter)
    else:
        assert near(found["length_px"], diameter)
        assert near(found["width_px"], diameter * aspect)


def test_instances_say_what_was_asked_and_measured(metal: RgbImage) -> None:
    blueprint = Blueprint(
        defect_type="void", geometry=Geometry(diameter_mm=point(20)), mm_per_px=SCALE, count=CountRange(min=3, max=3)
    )
    rendering = Renderer().generate(blueprint, metal, 1)
    assert len(rendering.instances) == 3
    for instance in rendering.instances:
        assert instance.asked["diameter_mm"] == pytest.approx(1.0)
        assert near(instance.measured["diameter_px"], 20)
        x1, y1, x2, y2 = instance.box_xyxy
        assert rendering.mask[y1:y2, x1:x2].any(axis=0).all()


def test_orientation_is_followed(metal: RgbImage) -> None:
    for wanted in (0.0, 30.0, 90.0, 135.0):
        blueprint = Blueprint(
            defect_type="scratch",
            geometry=Geometry(length_mm=point(100), width_mm=point(2), orientation_deg=wanted),
            count=CountRange(min=1, max=1), mm_per_px=SCALE,
        )  # fmt: skip
        rows, columns = np.nonzero(Renderer().generate(blueprint, metal, 3).mask)
        rows, columns = rows - rows.mean(), columns - columns.mean()
        angle = np.rad2deg(0.5 * np.arctan2(-2 * (rows * columns).sum(), (columns**2).sum() - (rows**2).sum())) % 180
        assert min(abs(angle - wanted), 180 - abs(angle - wanted)) < 5


def test_measure_blob_of_a_rectangle() -> None:
    mask = np.zeros((30, 40), dtype=bool)
    mask[5:15, 8:33] = True
    found = measure_blob(mask)
    assert found["length_px"] == pytest.approx(25, abs=0.01)
    assert found["width_px"] == pytest.approx(10, abs=0.01)
    assert found["area_px"] == 250
    assert inner_depth(mask).max() == pytest.approx(5, abs=0.5)


@settings(max_examples=25, deadline=None)
@given(
    length=st.floats(2, 400),
    aspect=st.floats(0.05, 1),
    irregularity=st.floats(0, 1),
    ragged=st.floats(0, 4),
    square=st.floats(0, 1),
    angle=st.floats(0, 180),
    seed=st.integers(0, 99),
)
def test_any_blob_is_one_piece_that_agrees_with_its_distance(
    length: float, aspect: float, irregularity: float, ragged: float, square: float, angle: float, seed: int
) -> None:
    form = BlobForm(length, max(1.0, length * aspect), angle, irregularity, ragged, square)
    shape = blob(np.random.default_rng(seed), form)
    assert shape.mask.any()
    assert (shape.sdf[shape.mask] < 0).all()
    assert not shape.mask[0].any()
    assert not shape.mask[:, -1].any()
