"""The renderer's promises: exact masks, the same bytes, grey stays grey, errors instead of clamps."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tools.blueprint.model import (
    Appearance,
    Blueprint,
    CountRange,
    Geometry,
    Origin,
    Placement,
    PositiveRange,
    Range,
    Severity,
    Zone,
)
from tools.blueprint.registry import DEFECT_TYPES
from tools.generation.errors import BlueprintDoesNotFitError, GenerationError
from tools.generation.registry import get_generator
from tools.generation.renderer import Renderer, parameters_of
from tools.generation.renderer.types import RENDER_TYPES
from tools.vision.masks import components
from tools.vision.types import RgbImage


def mm(value: float) -> PositiveRange:
    return PositiveRange(min=value, max=value)


def assert_exact(photo: RgbImage, rendering) -> None:
    changed = (rendering.image != photo).any(axis=2)
    mask = rendering.mask > 0
    assert set(np.unique(rendering.mask)) <= {0, 255}
    assert mask.any()
    assert not (changed & ~mask).any()
    assert changed[mask].mean() >= 0.98


def test_the_renderer_draws_every_registered_type() -> None:
    assert set(DEFECT_TYPES) <= set(RENDER_TYPES)


@pytest.mark.parametrize("name", sorted(RENDER_TYPES))
@pytest.mark.parametrize("kind", ["metal", "plate", "xray"])
def test_pixels_outside_the_mask_are_the_photos_own(name: str, kind: str, request: pytest.FixtureRequest) -> None:
    photo = request.getfixturevalue(kind)
    for seed in range(2):
        rendering = Renderer().generate(Blueprint(defect_type=name), photo, seed)
        assert_exact(photo, rendering)
        assert len(components(rendering.mask)) == len(rendering.instances)
        assert rendering.image is not photo


@pytest.mark.parametrize("name", sorted(RENDER_TYPES))
def test_grey_photos_stay_grey(name: str, grey: RgbImage) -> None:
    blueprint = Blueprint(defect_type=name, appearance=Appearance(colour="red"))
    image = Renderer().generate(blueprint, grey, 3).image
    assert (image[..., 0] == image[..., 1]).all()
    assert (image[..., 1] == image[..., 2]).all()


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    name=st.sampled_from(sorted(RENDER_TYPES)),
    seed=st.integers(0, 10_000),
    level=st.integers(0, 255),
    noise=st.integers(0, 40),
    severity=st.sampled_from([None, *Severity]),
)
def test_exact_on_any_photo_even_black_white_and_noise(
    name: str, seed: int, level: int, noise: int, severity: Severity | None
) -> None:
    rng = np.random.default_rng(seed)
    photo = np.clip(level + rng.integers(-noise, noise + 1, (96, 120, 3)), 0, 255).astype(np.uint8)
    rendering = Renderer().generate(Blueprint(defect_type=name, severity=severity), photo, seed)
    assert_exact(photo, rendering)


@pytest.mark.parametrize("name", sorted(RENDER_TYPES))
def test_styles_reach_the_ends_of_every_parameter(name: str, metal: RgbImage) -> None:
    parameters = [p for p in parameters_of(name) if p.name not in ("void_count", "base_size_px", "size_std_px")]
    for end in ("low", "high"):
        style = {p.name: getattr(p, end) for p in parameters}
        style["size_factor"] = 0.5
        assert_exact(metal, Renderer().generate(Blueprint(defect_type=name, style=style), metal, 1))


def test_same_blueprint_photo_and_seed_give_the_same_bytes(plate: RgbImage) -> None:
    blueprint = Blueprint(defect_type="corrosion", severity=Severity.SEVERE)
    one, two = (Renderer().generate(blueprint, plate, 7) for _ in range(2))
    assert one.image.tobytes() == two.image.tobytes()
    assert one.mask.tobytes() == two.mask.tobytes()
    assert one.parameters == two.parameters
    other = Renderer().generate(blueprint, plate, 8)
    assert other.image.tobytes() != one.image.tobytes()


_CHILD = """
import hashlib, sys
import cv2
cv2.setNumThreads(int(sys.argv[1]))
from tools.blueprint.model import Blueprint
from tools.generation.base_parts import render_part
from tools.generation.renderer import Renderer
from tools.generation.renderer.types import RENDER_TYPES
digest = hashlib.sha256()
photos = [render_part(kind, size=(160, 200), seed=2) for kind in ("brushed_metal", "plate", "chip_xray")]
for number, name in enumerate(RENDER_TYPES):
    rendering = Renderer().generate(Blueprint(defect_type=name), photos[number % 3], 5)
    digest.update(rendering.image.tobytes() + rendering.mask.tobytes())
print(digest.hexdigest())
"""


@pytest.mark.slow
def test_same_bytes_in_other_processes_with_other_thread_counts() -> None:
    digests = set()
    for threads in ("1", "4"):
        environment = {
            **os.environ,
            "OMP_NUM_THREADS": threads,
            "OPENBLAS_NUM_THREADS": threads,
            "PYTHONHASHSEED": threads,
        }
        done = subprocess.run(
            [sys.executable, "-c", _CHILD, threads], env=environment, capture_output=True, text=True, check=True
        )
        digests.add(done.stdout.strip())
    assert len(digests) == 1


def test_words_and_version_of_a_blueprint_change_nothing(metal: RgbImage) -> None:
    one = Blueprint(defect_type="scratch", text="a scratch")
    two = Blueprint(defect_type="scratch", text="ein Kratzer", version=4, origin={"defect_type": Origin.EDITED})
    images = [Renderer().generate(b, metal, 1).image for b in (one, two)]
    assert np.array_equal(*images)


def test_changing_one_style_leaves_the_place(metal: RgbImage) -> None:
    dark, bright = (
        Renderer().generate(Blueprint(defect_type="stain", style={"contrast": c}), metal, 2) for c in (-0.5, 0.4)
    )
    assert np.array_equal(dark.mask, bright.mask)
    inside = dark.mask > 0
    assert dark.image[inside].mean() < metal[inside].mean() < bright.image[inside].mean()


def test_severity_makes_it_more_visible(metal: RgbImage) -> None:
    style = {"contrast": -0.3, "size_factor": 1.0}
    change = []
    for severity in Severity:
        rendering = Renderer().generate(Blueprint(defect_type="stain", severity=severity, style=style), metal, 4)
        difference = np.abs(rendering.image.astype(int) - metal).mean(axis=2)
        change.append(difference.sum())
    assert change == sorted(change)


def test_contrast_is_honoured(grey: RgbImage) -> None:
    for wanted in (-0.5, -0.2, 0.3):
        blueprint = Blueprint(
            defect_type="discolouration",
            appearance=Appearance(contrast=Range(min=wanted, max=wanted)),
            style={"edge_px": 1.0, "mottle": 0.0, "streaks": 0.0, "flecks": 0.0, "texture": 1.0, "dullness": 0.0},
        )
        rendering = Renderer().generate(blueprint, grey, 6)
        inside = rendering.mask > 0
        before, after = grey[inside, 0].mean(), rendering.image[inside, 0].mean()
        target = before * (1 + wanted) if wanted < 0 else before + wanted * (255 - before)
        assert abs(after - target) < 0.2 * abs(target - before) + 3


@pytest.mark.parametrize(
    ("blueprint", "words"),
    [
        (Blueprint(), "no defect type"),
        (Blueprint(defect_type="scratch", geometry=Geometry(length_mm=mm(5.0))), "--mm-per-px"),
        (Blueprint(defect_type="scratch", geometry=Geometry(length_mm=mm(40.0)), mm_per_px=10 / 256), "does not fit"),
        (Blueprint(defect_type="void", geometry=Geometry(diameter_mm=mm(0.01)), mm_per_px=0.1), "closer"),
        (Blueprint(defect_type="void", style={"no_such": 1.0}), "not a parameter"),
        (Blueprint(defect_type="void", style={"depth": 99.0}), "out of range"),
        (Blueprint(defect_type="void", style={"void_shape": 0.5}), "whole number"),
    ],
)
def test_what_cannot_be_drawn_is_an_error(blueprint: Blueprint, words: str, metal: RgbImage) -> None:
    with pytest.raises(BlueprintDoesNotFitError, match=words):
        Renderer().generate(blueprint, metal, 0)


def test_too_many_is_an_error(plate: RgbImage) -> None:
    blueprint = Blueprint(
        defect_type="void",
        count=CountRange(min=500, max=500),
        geometry=Geometry(diameter_mm=mm(1.0)),
        mm_per_px=0.1,
    )
    with pytest.raises(BlueprintDoesNotFitError, match="fit"):
        Renderer().generate(blueprint, plate, 0)


def test_a_place_beside_the_part_is_an_error(plate: RgbImage) -> None:
    blueprint = Blueprint(defect_type="void", placement=Placement(box=(0.0, 0.0, 0.04, 0.04)))
    with pytest.raises(BlueprintDoesNotFitError, match="outside the part"):
        Renderer().generate(blueprint, plate, 0)


def test_an_unknown_type_names_the_known_ones(metal: RgbImage) -> None:
    with pytest.raises(GenerationError, match="scratch"):
        Renderer().generate(Blueprint(defect_type="gremlin"), metal, 0)


def test_registry_defaults_without_a_scale_are_no_error(metal: RgbImage) -> None:
    blueprint = Blueprint(
        defect_type="scratch",
        geometry=Geometry(length_mm=mm(5.0)),
        origin={"geometry.length_mm": Origin.DEFAULT},
    )
    assert_exact(metal, Renderer().generate(blueprint, metal, 0))


def test_a_width_below_the_pixel_grid_is_drawn_one_pixel_wide_and_recorded(metal: RgbImage) -> None:
    blueprint = Blueprint(
        defect_type="scratch", geometry=Geometry(length_mm=mm(6.0), width_mm=mm(0.02)), mm_per_px=0.05,
        count=CountRange(min=1, max=1),
    )  # fmt: skip
    rendering = Renderer().generate(blueprint, metal, 0)
    assert rendering.parameters["widths_rounded_to_pixel"] == 1
    assert rendering.instances[0].measured["width_px"] <= 1.7


def test_zone_and_generator_by_name(metal: RgbImage) -> None:
    generator = get_generator("renderer")
    blueprint = Blueprint(defect_type="void", placement=Placement(zone=Zone.TOP_LEFT))
    for seed in range(4):
        for instance in generator.generate(blueprint, metal, seed).instances:
            x1, y1, x2, y2 = instance.box_xyxy
            assert (x1 + x2) / 2 < 256 / 3 + 6
            assert (y1 + y2) / 2 < 256 / 3 + 6
    with pytest.raises(BlueprintDoesNotFitError, match="no generator"):
        get_generator("nothing")


@pytest.mark.realdata
def test_exact_on_real_photos(real_data) -> None:
    from tools.vision.images import load_image

    paths = sorted((real_data / "magnetic_tile" / "good").glob("*.jpg"))[::170]
    for number, path in enumerate(paths):
        photo = load_image(path)
        for name in RENDER_TYPES:
            assert_exact(photo, Renderer().generate(Blueprint(defect_type=name), photo, number))


def test_hash_of_a_rendering_is_stable_within_a_version(metal: RgbImage) -> None:
    rendering = Renderer().generate(Blueprint(defect_type="void"), metal, 11)
    again = Renderer().generate(Blueprint(defect_type="void"), metal.copy(), 11)
    assert hashlib.sha256(rendering.image).digest() == hashlib.sha256(again.image).digest()
