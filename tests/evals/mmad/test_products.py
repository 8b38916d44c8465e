"""Which product photos show: the classifier, the background, what is known; and nothing where nothing is known."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
import pytest

from evals.mmad import objects, products
from evals.mmad.objects import names
from evals.mmad.products import product_evidence, seen_ratio

GREY = np.full((96, 96, 3), 128, dtype=np.uint8)


def disc(radius: int) -> np.ndarray[Any, Any]:
    """A dark disc on a bright background."""
    picture = np.full((96, 96, 3), 230, dtype=np.uint8)
    return np.asarray(cv2.circle(picture, (48, 48), radius, (40, 40, 40), -1), dtype=np.uint8)


def sees(monkeypatch: pytest.MonkeyPatch, **values: float) -> None:
    """A classifier that sees these classes so clearly, and no other."""
    found = np.array([values.get(name.replace(" ", "_"), 0.0) for name in names()])
    monkeypatch.setattr(products, "sighting", lambda _images: found)


def test_the_ratio_grows_and_is_bounded_where_nothing_is_seen() -> None:
    ratios = [seen_ratio(value) for value in (-50.0, -1.0, 0.0, 2.0, 3.0, 6.0, 50.0)]
    assert ratios == sorted(ratios)
    assert ratios[0] == pytest.approx(np.log(0.3), abs=0.02)
    assert ratios[-1] == 3.0
    assert np.isfinite(ratios).all()


def test_what_the_classifier_says_of_nothing_is_taken_off() -> None:
    generator = np.random.default_rng(7)
    noise = [generator.normal(tone, 20, (96, 96, 1)).clip(0, 255).astype(np.uint8).repeat(3, axis=2)
             for tone in (80, 128, 180)]  # fmt: skip
    kept = objects.sighting(noise)
    full = np.mean([objects._standardised(image) for image in noise], axis=0)
    assert float(np.abs(kept).mean()) < 0.8 * float(np.abs(full).mean())
    nail = objects.names().index("nail")
    assert float(full[nail]) > 1.0
    assert abs(float(kept[nail])) < float(full[nail])


def test_a_class_that_is_seen_speaks_for_its_option(monkeypatch: pytest.MonkeyPatch) -> None:
    sees(monkeypatch, wine_bottle=7.0)
    scores, why = product_evidence([GREY], ["Screw.", "Bottle.", "Transistor."], {})
    assert int(np.argmax(scores)) == 1
    assert "wine bottle" in why


def test_an_option_without_a_class_is_not_beaten_for_its_odd_name(monkeypatch: pytest.MonkeyPatch) -> None:
    sees(monkeypatch, wardrobe=6.0)
    scores, _ = product_evidence([disc(40)], ["Screw.", "Bottle.", "Transistor."], {})
    assert int(np.argmax(scores)) == 2


def test_surfaces_fill_the_frame_and_objects_lie_in_it(monkeypatch: pytest.MonkeyPatch) -> None:
    sees(monkeypatch)
    options = ["A metal bolt.", "Woven fabric."]
    filled, _ = product_evidence([GREY], options, {})
    apart, _ = product_evidence([disc(20)], options, {})
    assert filled[1] - filled[0] > 1.0
    assert apart[0] - apart[1] > 1.0


def test_what_is_known_names_the_product(monkeypatch: pytest.MonkeyPatch) -> None:
    sees(monkeypatch, wine_bottle=3.0)
    known = {"good": "The transistor stands upright on the board.", "bent": "A leg of the transistor is bent."}
    scores, why = product_evidence([GREY], ["Screw.", "Bottle.", "Transistor."], known)
    assert int(np.argmax(scores)) == 2
    assert why == "what is known of the product"


def test_without_class_names_only_the_background_speaks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(products, "names", list)
    scores, why = product_evidence([GREY], ["Screw.", "Screw."], {})
    assert scores[0] == scores[1]
    assert "no classifier" in why
