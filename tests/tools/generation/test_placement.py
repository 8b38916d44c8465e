"""Defects lie on the part, where the Blueprint says, apart from each other."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from tools.blueprint.model import Blueprint, CountRange, Distribution, Geometry, Placement, PositiveRange, Zone
from tools.generation.base_parts import render_part
from tools.generation.errors import BlueprintDoesNotFitError
from tools.generation.renderer import Renderer
from tools.generation.renderer.components import find_components
from tools.generation.renderer.foreground import find_part
from tools.generation.renderer.types import RENDER_TYPES
from tools.vision.masks import components
from tools.vision.types import RgbImage


@pytest.mark.parametrize("kind", ["disc", "plate", "fitting", "bracket"])
def test_the_part_is_found_before_a_background(kind: str) -> None:
    part = find_part(render_part(kind, size=(320, 320), seed=3))
    assert part.reliable
    assert 0.2 < part.mask.mean() < 0.75


@pytest.mark.parametrize("kind", ["brushed_metal", "cast_metal", "leather", "weave", "wood", "ceramic", "pcb"])
def test_a_photo_that_the_part_fills_is_taken_whole(kind: str) -> None:
    part = find_part(render_part(kind, size=(320, 320), seed=3))
    assert part.mask.mean() > 0.9


def test_bare_noise_and_one_colour_are_taken_whole() -> None:
    noise = np.random.default_rng(0).integers(0, 256, (120, 160, 3), dtype=np.uint8)
    for photo in (noise, np.full((64, 64, 3), 90, np.uint8)):
        part = find_part(photo)
        assert not part.reliable
        assert part.mask.all()


@pytest.mark.parametrize("name", sorted(RENDER_TYPES))
def test_every_defect_lies_on_the_part(name: str, plate: RgbImage) -> None:
    part = find_part(plate)
    for seed in range(3):
        mask = Renderer().generate(Blueprint(defect_type=name), plate, seed).mask > 0
        assert not (mask & ~part.mask).any()


@pytest.mark.parametrize("zone", list(Zone))
def test_centres_lie_in_the_zone(zone: Zone, metal: RgbImage) -> None:
    blueprint = Blueprint(defect_type="stain", placement=Placement(zone=zone), style={"size_factor": 0.4})
    for instance in Renderer().generate(blueprint, metal, 5).instances:
        x1, y1, x2, y2 = instance.box_xyxy
        x, y = (x1 + x2) / 512, (y1 + y2) / 512
        if zone is Zone.EDGE:
            assert min(x, y, 1 - x, 1 - y) < 0.2
            continue
        rows = {"top": 0, "bottom": 2}
        columns = {"left": 0, "right": 2}
        words = zone.value.split("_")
        row = next((rows[w] for w in words if w in rows), 1)
        column = next((columns[w] for w in words if w in columns), 1)
        assert abs(x - (column + 0.5) / 3) < 0.25
        assert abs(y - (row + 0.5) / 3) < 0.25


def test_polygon_and_box_hold_the_whole_defect(metal: RgbImage) -> None:
    places = [
        Placement(box=(0.5, 0.1, 0.9, 0.45)),
        Placement(polygon=((0.1, 0.5), (0.45, 0.5), (0.45, 0.95), (0.1, 0.95))),
    ]
    for place, (x1, y1, x2, y2) in zip(places, [(0.5, 0.1, 0.9, 0.45), (0.1, 0.5, 0.45, 0.95)], strict=True):
        mask = Renderer().generate(Blueprint(defect_type="crack", placement=place), metal, 2).mask
        rows, columns = np.nonzero(mask)
        assert rows.min() >= y1 * 256 - 1
        assert rows.max() <= y2 * 256 + 1
        assert columns.min() >= x1 * 256 - 1
        assert columns.max() <= x2 * 256 + 1


def test_chips_sit_on_the_outline(plate: RgbImage) -> None:
    part = find_part(plate)
    for seed in range(5):
        mask = Renderer().generate(Blueprint(defect_type="chip", style={"form": 0}), plate, seed).mask > 0
        assert part.depth[mask].min() <= 1.5


@pytest.mark.parametrize("spread", [None, *Distribution])
def test_many_stay_apart(spread: Distribution | None, metal: RgbImage) -> None:
    blueprint = Blueprint(
        defect_type="void", count=CountRange(min=9, max=9), placement=Placement(distribution=spread),
        style={"base_size_px": 10.0},
    )  # fmt: skip
    rendering = Renderer().generate(blueprint, metal, 3)
    found = components(rendering.mask)
    assert len(found) == 9
    for one in found:
        alone = np.zeros(rendering.mask.shape, np.uint8)
        alone[one.slices()] = one.pixels
        grown = cv2.dilate(alone, np.ones((3, 3), np.uint8)) > 0
        assert (rendering.mask > 0)[grown].sum() == one.area_px


def test_clusters_are_tighter_than_scatter(metal: RgbImage) -> None:
    def spread(kind: Distribution) -> float:
        blueprint = Blueprint(
            defect_type="void", count=CountRange(min=8, max=8), placement=Placement(distribution=kind),
            style={"base_size_px": 8.0},
        )  # fmt: skip
        boxes = [i.box_xyxy for i in Renderer().generate(blueprint, metal, 4).instances]
        return float(np.std([[b[0] + b[2], b[1] + b[3]] for b in boxes], axis=0).mean())

    assert spread(Distribution.CLUSTERED) < 0.6 * spread(Distribution.SCATTERED)


def test_a_tight_fit_is_found_and_a_tighter_one_refused(metal: RgbImage) -> None:
    def blueprint(length_px: float) -> Blueprint:
        geometry = Geometry(
            length_mm=PositiveRange(min=length_px, max=length_px),
            width_mm=PositiveRange(min=3.0, max=3.0),
            orientation_deg=0.0,
        )
        return Blueprint(defect_type="scratch", geometry=geometry, mm_per_px=1.0, count=CountRange(min=1, max=1))

    assert (Renderer().generate(blueprint(250.0), metal, 1).mask > 0).any()
    with pytest.raises(BlueprintDoesNotFitError, match="does not fit"):
        Renderer().generate(blueprint(262.0), metal, 1)


def test_missing_parts_take_the_place_of_components() -> None:
    board = render_part("pcb", size=(400, 400), seed=2)
    found = find_components(board)
    assert found
    rendering = Renderer().generate(Blueprint(defect_type="missing_part"), board, 1)
    x1, y1, x2, y2 = rendering.instances[0].box_xyxy
    centre = ((x1 + x2) / 2, (y1 + y2) / 2)
    assert any(c.box[0] <= centre[0] <= c.box[2] and c.box[1] <= centre[1] <= c.box[3] for c in found)
    assert find_components(np.full((100, 100, 3), 80, np.uint8)) == []
