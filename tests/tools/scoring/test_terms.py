"""Each term: 1 when right, lower when wrong, and a sentence that says what is wrong."""

from __future__ import annotations

import numpy as np
import pytest

from tools.blueprint.model import Appearance, Blueprint, CountRange, Geometry, Placement, PositiveRange, Range, Zone
from tools.generation.registry import get_generator
from tools.scoring import terms
from tools.scoring.case import Case
from tools.scoring.errors import ScoringError
from tools.scoring.realism import Grain, Sharpness, diversity
from tools.vision.backbone import get_backbone


@pytest.fixture
def photo(rng: np.random.Generator) -> np.ndarray:
    return np.repeat(rng.normal(128, 4, (160, 160, 1)).clip(0, 255).astype(np.uint8), 3, axis=2)


def painted(photo: np.ndarray, blueprint: Blueprint, box: tuple[int, int, int, int], shade: int = 40) -> Case:
    image, mask = photo.copy(), np.zeros(photo.shape[:2], np.uint8)
    x1, y1, x2, y2 = box
    image[y1:y2, x1:x2] = np.clip(photo[y1:y2, x1:x2].astype(int) - 128 + shade, 0, 255)
    mask[y1:y2, x1:x2] = 255
    return Case(blueprint, photo, image, mask)


def test_the_right_size_scores_one_and_a_wrong_one_says_how_wrong(photo: np.ndarray) -> None:
    size = Geometry(length_mm=PositiveRange(min=4, max=4), width_mm=PositiveRange(min=0.4, max=0.4))
    blueprint = Blueprint(defect_type="scratch", geometry=size, mm_per_px=0.1)
    assert terms.Geometry().score(painted(photo, blueprint, (50, 50, 90, 54))).score > 0.99
    wide = terms.Geometry().score(painted(photo, blueprint, (50, 50, 90, 58)))
    assert wide.score < 0.6
    assert "width" in wide.feedback
    assert "too large" in wide.feedback


def test_count(photo: np.ndarray) -> None:
    blueprint = Blueprint(defect_type="void", count=CountRange(min=2, max=3))
    found = terms.Geometry().score(painted(photo, blueprint, (50, 50, 60, 60)))
    assert found.score == 0.5
    assert "1 defects instead of 2" in found.feedback


def test_visibility_grows_with_contrast_until_too_much(photo: np.ndarray) -> None:
    blueprint = Blueprint(defect_type="stain")
    faint, clear = (terms.Visibility().score(painted(photo, blueprint, (50, 50, 80, 80), shade)) for shade in (124, 80))
    assert faint.score < clear.score
    assert "hardly visible" in faint.feedback
    assert "too strong" in terms.Visibility().score(painted(photo, blueprint, (50, 50, 80, 80), 0)).feedback


def test_a_coarse_texture_does_not_pass_for_a_visible_defect(rng: np.random.Generator) -> None:
    rough = np.repeat(rng.normal(128, 25, (160, 160, 1)).clip(0, 255).astype(np.uint8), 3, axis=2)
    found = terms.Visibility().score(painted(rough, Blueprint(defect_type="stain"), (50, 50, 80, 80), 126))
    assert found.score < 0.2
    assert "hardly visible" in found.feedback


def test_who_asks_for_a_faint_defect_gets_one(photo: np.ndarray) -> None:
    faint = Blueprint(defect_type="stain", appearance=Appearance(contrast=Range(min=-0.1, max=-0.05)))
    scores = [
        terms.Visibility().score(painted(photo, blueprint, (50, 50, 80, 80), 114)).score
        for blueprint in (Blueprint(defect_type="stain"), faint)
    ]
    assert scores[0] < scores[1]


def test_placement(photo: np.ndarray) -> None:
    blueprint = Blueprint(defect_type="void", placement=Placement(zone=Zone.TOP_LEFT))
    assert terms.Placement().score(painted(photo, blueprint, (20, 20, 30, 30))).score == 1.0
    wrong = terms.Placement().score(painted(photo, blueprint, (130, 130, 140, 140)))
    assert wrong.score == 0.0
    assert "wrong place" in wrong.feedback


def test_preservation(photo: np.ndarray) -> None:
    case = painted(photo, Blueprint(defect_type="void"), (20, 20, 30, 30))
    assert terms.Preservation().score(case).score == 1.0
    spoiled = case.image.copy()
    spoiled[100:140, 100:140] += 1
    assert terms.Preservation().score(Case(case.blueprint, photo, spoiled, case.mask)).score < 0.6


def test_a_flat_patch_on_a_grainy_photo_looks_pasted(photo: np.ndarray) -> None:
    case = painted(photo, Blueprint(defect_type="stain"), (50, 50, 90, 90), 100)
    assert Grain().score(case).score == 1.0
    flat = case.image.copy()
    flat[50:90, 50:90] = 100
    assert Grain().score(Case(case.blueprint, photo, flat, case.mask)).feedback == "too clean for this photo"


def test_an_empty_mask_scores_zero_and_breaks_nothing(photo: np.ndarray) -> None:
    case = Case(Blueprint(defect_type="void"), photo, photo, np.zeros(photo.shape[:2], np.uint8))
    found = terms.score_vector(case)
    assert all(found[name].score == 0.0 for name in ("geometry", "visibility", "placement"))
    assert Sharpness().score(case).score == 0.0


def test_shapes_must_fit(photo: np.ndarray) -> None:
    with pytest.raises(ScoringError, match="of one size"):
        Case(Blueprint(), photo, photo, np.zeros((5, 5), np.uint8))


def test_every_renderer_type_is_scored_and_a_set_is_more_diverse_than_copies(photo: np.ndarray) -> None:
    blueprint, generator = Blueprint(defect_type="void"), get_generator()
    drawn = [generator.generate(blueprint, photo, seed) for seed in range(3)]
    for one in drawn:
        vector = terms.score_vector(Case(blueprint, photo, one.image, one.mask))
        assert all(0.0 <= term.score <= 1.0 for term in vector.values())
        assert vector["preservation"].score == 1.0
    backbone = get_backbone()
    mixed = diversity([one.image for one in drawn], [one.mask for one in drawn], backbone)
    copies = diversity([drawn[0].image] * 3, [drawn[0].mask] * 3, backbone)
    assert copies.score < 0.01 < mixed.score
