"""Sizes measured on masks against shapes whose size is known."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from tools.blueprint.model import Blueprint
from tools.generation.renderer import Renderer
from tools.scoring.measure import Measured, measure
from tools.vision.masks import components


def measured(mask: np.ndarray) -> Measured:
    (part,) = components(mask)
    return measure(part)


def bar(length: float, width: float, angle_deg: float) -> np.ndarray:
    """Pixels whose centres lie in a rotated rectangle."""
    turn = np.deg2rad(angle_deg)
    y, x = np.mgrid[:200, :200] - 99.5
    along, across = x * np.cos(turn) - y * np.sin(turn), x * np.sin(turn) + y * np.cos(turn)
    return ((np.abs(along) <= length / 2) & (np.abs(across) <= width / 2)).astype(np.uint8) * 255


@pytest.mark.parametrize("angle", [17, 30, 45, 80])
@pytest.mark.parametrize(("length", "width"), [(60, 2), (60, 3)])
def test_straight_strokes(length: int, width: int, angle: float) -> None:
    found = measured(bar(length, width, angle))
    assert found.length_px == pytest.approx(length, rel=0.05, abs=4)
    assert found.width_px == pytest.approx(width, rel=0.1, abs=1.3)
    off = abs(found.orientation_deg - angle) % 180
    assert min(off, 180 - off) < 6


@pytest.mark.parametrize("radius", [3, 8, 20])
def test_discs(radius: int) -> None:
    y, x = np.mgrid[:64, :64] - 31.5
    found = measured((np.hypot(x, y) <= radius).astype(np.uint8) * 255)
    assert found.diameter_px == pytest.approx(2 * radius, rel=0.05, abs=0.5)
    assert found.solidity > 0.75


def test_a_curved_stroke_is_measured_along_its_middle() -> None:
    mask = np.zeros((200, 200), np.uint8)
    cv2.ellipse(mask, (100, 100), (60, 60), 0, 0, 180, 255, 3)
    assert measured(mask).length_px == pytest.approx(np.pi * 60, rel=0.08)


def test_single_pixels_and_hairlines_have_a_size() -> None:
    dot = np.zeros((9, 9), np.uint8)
    dot[4, 4] = 255
    assert measured(dot).length_px >= 1
    hair = np.zeros((9, 40), np.uint8)
    hair[4, 5:35] = 255
    assert measured(hair).length_px == pytest.approx(30, abs=1.5)
    assert measured(hair).solidity == 1.0


@settings(max_examples=25, deadline=None)
@given(st.floats(20, 130), st.floats(2, 13), st.floats(0, 180))
def test_bars_of_any_width_measure_right(length: float, width: float, angle: float) -> None:
    assume(length > 2 * width)
    found = measured(bar(length, width, angle))
    assert found.length_px == pytest.approx(length, rel=0.04, abs=1.5)
    assert found.width_px == pytest.approx(width, rel=0.05, abs=1)


@settings(max_examples=20, deadline=None)
@given(st.floats(30, 80), st.floats(2, 10), st.floats(1.0, 4.5))
def test_arcs_of_any_width_measure_right(radius: float, width: float, turn: float) -> None:
    assume(radius * turn > 5 * width)
    y, x = np.mgrid[-95:96, -95:96]
    mask = (np.abs(np.hypot(y, x) - radius) <= width / 2) & (np.arctan2(y, x) % (2 * np.pi) <= turn)
    found = measured(mask.astype(np.uint8) * 255)
    assert found.length_px == pytest.approx(radius * turn, rel=0.08, abs=2)
    assert found.width_px == pytest.approx(width, rel=0.1, abs=1)


@pytest.mark.parametrize("angle", [44, 45, 46, 135])
def test_diagonal_lines_do_not_vanish(angle: float) -> None:
    assert measured(bar(110, 3, angle)).length_px == pytest.approx(110, rel=0.03)


def test_a_branch_counts_as_length_and_not_as_width() -> None:
    mask = bar(120, 4, 0) | np.roll(bar(50, 4, 60), (-22, 15), axis=(0, 1))
    found = measured(mask)
    assert found.length_px == pytest.approx(120, rel=0.05)
    assert found.width_px == pytest.approx(4, abs=0.6)


@settings(max_examples=8, deadline=None)
@given(st.integers(0, 10_000), st.sampled_from(["scratch", "crack"]))
def test_it_agrees_with_what_the_renderer_was_asked_for(seed: int, kind: str) -> None:
    length, width = 1.2 + seed % 7 * 0.4, 0.08 + seed % 5 * 0.03
    point = {"length_mm": {"min": length, "max": length}, "width_mm": {"min": width, "max": width}}
    wanted = {"defect_type": kind, "geometry": point, "mm_per_px": 0.05, "count": {"min": 1, "max": 1}}
    blueprint = Blueprint.model_validate(wanted)
    photo = np.full((200, 200, 3), 140, np.uint8)
    photo[::7] = 150
    found = measured(Renderer().generate(blueprint, photo, seed).mask)
    assert found.length_px == pytest.approx(length / 0.05, rel=0.06, abs=1.5)
    assert found.width_px == pytest.approx(width / 0.05, rel=0.06, abs=1)
