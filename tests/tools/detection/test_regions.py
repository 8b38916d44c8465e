import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tools.detection.regions import measure_region, measure_shape, nine_zone, shape_name
from tools.vision.masks import components


def region_of(mask: np.ndarray, **options: object):  # type: ignore[no-untyped-def]
    part = components(mask)[0]
    return measure_region(part, mask.astype(np.float32), **options)  # type: ignore[arg-type]


def test_a_line_of_one_pixel_has_length_width_and_full_solidity() -> None:
    mask = np.zeros((50, 80), dtype=bool)
    mask[20, 10:70] = True
    region = region_of(mask, mm_per_px=0.05)
    assert region.bbox_xyxy == (10, 20, 70, 21)
    assert (region.length_px, region.width_px) == (60.0, 1.0)
    assert region.length_mm == pytest.approx(3.0)
    assert (region.fill_ratio, region.solidity, region.aspect_ratio) == (1.0, 1.0, 60.0)
    assert region.orientation_deg == 0.0
    assert region.shape == "line"


def test_a_diagonal_line_is_as_solid_as_a_straight_one() -> None:
    shape = measure_shape(np.eye(40, dtype=bool))
    assert shape.solidity == 1.0
    assert shape.is_line
    assert shape.orientation_deg == pytest.approx(135.0)  # falls to the right: 135 counter-clockwise


def test_a_disc_is_a_spot_and_its_length_is_its_diameter() -> None:
    y, x = np.mgrid[:41, :41]
    shape = measure_shape((x - 20) ** 2 + (y - 20) ** 2 <= 15**2)
    assert shape.length == pytest.approx(31, abs=1.0)
    assert shape_name(shape) == "spot"


@settings(max_examples=40, deadline=None)
@given(st.integers(1, 30), st.integers(1, 30), st.integers(0, 10), st.integers(0, 10))
def test_measures_do_not_depend_on_place_or_quarter_turns(height: int, width: int, top: int, left: int) -> None:
    mask = np.zeros((60, 60), dtype=bool)
    mask[top : top + height, left : left + width] = True
    here = measure_shape(components(mask)[0].pixels)
    turned = measure_shape(components(np.rot90(mask))[0].pixels)
    assert here.length == pytest.approx(turned.length, abs=1e-3)
    assert here.solidity == turned.solidity == 1.0
    assert here.fill_ratio == pytest.approx(1.0, abs=1e-3)


def test_zones_of_the_grid_and_of_polygons() -> None:
    assert nine_zone(0, 0, (0, 0, 90, 90)) == "top_left"
    assert nine_zone(45, 89, (0, 0, 90, 90)) == "bottom"
    mask = np.zeros((90, 90), dtype=bool)
    mask[40:50, 25:35] = True
    named = np.zeros((90, 90), dtype=bool)
    named[:, :27] = True
    region = region_of(mask, zones={"A": named})
    assert region.zone == "A"
    assert region.zones == ("A", "left", "center")
    rim = np.zeros((90, 90), dtype=bool)
    rim[40:50, :5] = True
    assert "edge" in region_of(rim).zones
