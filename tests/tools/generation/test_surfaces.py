"""What a photo and a depth make of a defect: surfaces that suit it, where it lies, how strong it is."""

from __future__ import annotations

import numpy as np
import pytest

from tools.blueprint.model import Blueprint, CountRange, Geometry, PositiveRange
from tools.generation.base_parts import METAL_PARTS, METAL_TONES, render_part
from tools.generation.errors import BlueprintDoesNotFitError
from tools.generation.renderer import Renderer
from tools.generation.renderer.photo import analyse


@pytest.mark.parametrize("kind", ["dent", "void", "crack", "hole", "scratch"])
def test_a_deeper_defect_is_seen_better(kind: str) -> None:
    photo = render_part("cast_metal", size=(128, 128), seed=2)
    changes = []
    for depth in (0.01, 0.04, 0.09) if kind in ("crack", "scratch") else (0.02, 0.1, 0.6):
        point = PositiveRange(min=depth, max=depth)
        geometry = Geometry(
            length_mm=PositiveRange(min=2.0, max=2.0),
            width_mm=PositiveRange(min=0.2, max=0.2) if kind in ("crack", "scratch") else None,
            depth_mm=point,
        )
        blueprint = Blueprint(defect_type=kind, geometry=geometry, mm_per_px=0.05, count=CountRange(min=1, max=1))
        rendering = Renderer().generate(blueprint, photo, 4)
        inside = rendering.mask > 0
        changes.append(np.abs(rendering.image[inside].astype(float) - photo[inside]).mean())
    assert changes[0] < changes[1] < changes[2]


def test_bands_of_uneven_grinding_lie_on_ground_metal_only() -> None:
    forms = {}
    for part in ("brushed_metal", "leather", "wood"):
        photo = render_part(part, size=(128, 128), seed=1)
        drawn = [Renderer().generate(Blueprint(defect_type="discolouration"), photo, seed) for seed in range(8)]
        forms[part] = {rendering.parameters["form"] for rendering in drawn}
    assert forms["brushed_metal"] == {0.0, 1.0}
    assert forms["leather"] == forms["wood"] == {0.0}
    said = Blueprint(defect_type="discolouration", style={"form": 1})
    photo = render_part("leather", size=(128, 128), seed=1)
    assert Renderer().generate(said, photo, 0).parameters["form"] == 1.0


def test_defects_do_not_lie_in_a_bore() -> None:
    photo = render_part("fitting", size=(200, 200), seed=1)
    for seed in range(12):
        rows, columns = np.nonzero(Renderer().generate(Blueprint(defect_type="bump"), photo, seed).mask)
        assert np.hypot(rows.mean() - 99.5, columns.mean() - 99.5) > 0.12 * 200


def test_a_photo_without_fine_texture_has_no_streaks() -> None:
    assert analyse(render_part("glass", size=(300, 300), seed=1)).streaks == 0.0


def test_brass_is_yellow_and_steel_is_grey() -> None:
    means = {
        tone: render_part("brushed_metal", size=(64, 64), seed=1, tone=tone).mean(axis=(0, 1)) for tone in METAL_TONES
    }
    assert means["brass"][0] > means["brass"][2] + 30
    assert means["copper"][0] > means["copper"][1] + 25
    assert np.ptp(means["steel"]) < 8
    assert means["aluminium"].mean() > means["iron"].mean()
    with pytest.raises(BlueprintDoesNotFitError, match="cannot be made of"):
        render_part("wood", tone="brass")
    assert "plate" in METAL_PARTS
