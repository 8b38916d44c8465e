"""Text-image agreement: what the drawing changed in CLIP's eyes. The real path on a tiny random CLIP, which knows
nothing; what the numbers mean on a stand-in that knows what dark, bright and grey are called."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from tools.blueprint.model import Blueprint
from tools.evolution.problem import Example, Problem
from tools.generation.base_parts import render_part
from tools.generation.renderer import Renderer
from tools.scoring.agreement import Agreement, agreement_for, surface, surroundings
from tools.scoring.case import Case
from tools.scoring.errors import ScoringError
from tools.vision.backbone import get_backbone
from tools.vision.errors import BackboneError
from tools.vision.types import RgbImage

SCRATCH = Blueprint(defect_type="scratch", material="brass")


class Stand:
    """Scratches are dark, corrosion is red, good surfaces are neither."""

    name = "stand-in"
    temperature = 20.0

    def embed(self, images: Sequence[RgbImage]) -> NDArray[np.float32]:
        return np.stack([self._unit(self._look(image)) for image in images])

    def embed_texts(self, texts: Sequence[str]) -> NDArray[np.float32]:
        return np.stack([self._unit(self._said(text)) for text in texts])

    def _look(self, image: RgbImage) -> list[float]:
        middle = image[16:-16, 16:-16].reshape(-1, 3).astype(float)
        red = float((middle[:, 0] - middle[:, 2]).mean()) / 255
        return [max(0.5 - float(middle.mean()) / 255, 0) * 2, max(red, 0) * 2, 1.0]

    def _said(self, text: str) -> list[float]:
        return [float("scratch" in text), float("corrosion" in text), 1.0]

    def _unit(self, values: list[float]) -> NDArray[np.float32]:
        vector = np.asarray(values, dtype=np.float32)
        return vector / np.linalg.norm(vector)


def painted(colour: tuple[int, int, int] | None, blueprint: Blueprint = SCRATCH, tone: int = 180) -> Case:
    photo = np.full((128, 128, 3), tone, np.uint8)
    image, mask = photo.copy(), np.zeros((128, 128), np.uint8)
    mask[48:80, 48:80] = 255
    if colour is not None:
        image[mask > 0] = colour
    return Case(blueprint, photo, image, mask)


@pytest.fixture
def term() -> Agreement:
    return Agreement(Stand())  # type: ignore[arg-type]


def test_a_defect_that_is_seen_scores_high(term: Agreement) -> None:
    found = term.score(painted((10, 10, 10)))
    assert found.score > 0.9
    assert found.feedback == ""


def test_nothing_changed_is_a_half_and_says_so(term: Agreement) -> None:
    found = term.score(painted(None))
    assert found.score == pytest.approx(0.5)
    assert found.feedback == "hardly to be recognised as scratch"
    dark_by_itself = term.score(painted(None, tone=30))
    assert dark_by_itself.score == pytest.approx(0.5)


def test_another_type_is_named(term: Agreement) -> None:
    found = term.score(painted((250, 140, 20)))
    assert found.feedback == "looks more like corrosion than scratch"
    assert found.score < 0.6


def test_empty_masks_and_unknown_types(term: Agreement) -> None:
    empty = painted(None)
    nothing = term.score(Case(SCRATCH, empty.photo, empty.image, np.zeros_like(empty.mask)))
    assert (nothing.score, nothing.feedback) == (0.0, "nothing was drawn")
    assert term.score(painted((0, 0, 0), Blueprint())).score == 1.0


def test_texts_are_embedded_once_a_surface(term: Agreement, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []
    embed = Stand.embed_texts
    monkeypatch.setattr(Stand, "embed_texts", lambda self, texts: (asked.extend(texts), embed(self, texts))[1])
    term.score(painted((10, 10, 10)))
    before = len(asked)
    term.score(painted((60, 60, 60)))
    assert len(asked) == before
    assert any("brass surface with a scratch" in text for text in asked)
    assert any("flawless brass surface" in text for text in asked)
    term.score(painted((10, 10, 10), SCRATCH.model_copy(update={"material": "steel"})))
    assert len(asked) == 2 * before


def test_what_clip_is_shown_lies_inside_the_picture() -> None:
    mask = np.zeros((100, 200), np.uint8)
    mask[90:100, 150:190] = 255
    assert surroundings(mask) == (120, 20, 200, 100)
    mask[:] = 0
    mask[50, 100] = 255
    assert surroundings(mask) == (68, 18, 132, 82)
    mask[:] = 255
    assert surroundings(mask) == (0, 0, 200, 100)


def test_surfaces_in_words() -> None:
    assert surface(Blueprint()) == "surface"
    assert surface(Blueprint(material="stainless steel", finish="brushed")) == "brushed stainless steel surface"
    assert surface(Blueprint(material="brass", part="fitting")) == "brass fitting"


def test_a_real_clip_from_a_folder(clip_folder: Path) -> None:
    (term,) = agreement_for(f"clip:{clip_folder}")
    drawn = term.score(painted((10, 10, 10)))
    assert 0 < drawn.score < 1
    assert drawn.score != 0.5
    assert term.score(painted(None)).score == pytest.approx(0.5)
    assert term.score(painted((10, 10, 10))) == drawn


def test_it_is_absent_without_clip() -> None:
    assert agreement_for("efficientnet-lite0") == ()
    with pytest.raises(ScoringError, match="needs a CLIP model, not efficientnet-lite0"):
        Agreement(get_backbone("efficientnet-lite0"))
    with pytest.raises(BackboneError):
        agreement_for("clip:/nowhere")


def test_evolution_judges_with_it_where_it_is_given(clip_folder: Path) -> None:
    photos = [render_part("brushed_metal", size=(96, 96), seed=3)]
    without = Problem(SCRATCH, photos, Renderer()).evaluate("", Example(0, 1))
    found = Problem(SCRATCH, photos, Renderer(), extra=agreement_for(f"clip:{clip_folder}")).evaluate("", Example(0, 1))
    assert "agreement" not in without.terms
    assert 0 < found.terms["agreement"] < 1
    assert found.score < without.score
