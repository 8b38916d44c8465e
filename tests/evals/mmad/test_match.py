"""Words of options."""

from __future__ import annotations

import numpy as np
import pytest

from evals.mmad.match import harm, yes_letter
from evals.mmad.places import place_error, places_in


@pytest.mark.parametrize(
    ("question", "options", "expected"),
    [
        ("Is there any defect in the object?", ["Yes.", "No."], "AB"),
        ("Is there any defect in the object?", ["No.", "Yes."], "BA"),
        ("Is the object normal?", ["Yes", "No"], "BA"),
        ("Is the object free of defects?", ["Yes", "No"], "BA"),
        ("Does the product have any anomaly?", ["No", "Yes"], "BA"),
        ("What is the condition of the part?", ["Normal", "Defective"], "BA"),
        ("What about it?", ["There is no defect.", "There is a defect."], "BA"),
        ("Does it look good?", ["No, it has a scratch", "Yes"], "AB"),
    ],
)
def test_which_option_says_defective(question: str, options: list[str], expected: str) -> None:
    assert yes_letter(question, dict(zip("AB", options, strict=True))) == tuple(expected)


def test_options_that_do_not_say() -> None:
    assert yes_letter("Which?", {"A": "Red.", "B": "Blue."}) is None


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("It affects the structural integrity.", 1),
        ("It could lead to leaking contents.", 1),
        ("It improves the strength.", -1),
        ("It has no effect.", -1),
        ("It is round.", 0),
    ],
)
def test_harm(text: str, value: int) -> None:
    assert harm(text) == value


AT = {"top left": (0.1, 0.15), "center": (0.52, 0.5), "right": (0.9, 0.5), "bottom": (0.45, 0.9)}
NAMED = {
    "top left": ["Top left.", "Upper-left corner of the object", "Left top"],
    "center": ["Center.", "In the middle of the image"],
    "right": ["Right side.", "Center right", "The right-hand side"],
    "bottom": ["Bottom center of the image.", "Lower part"],
}


@pytest.mark.parametrize("zone", list(AT))
@pytest.mark.parametrize("other", list(AT))
def test_the_named_place_fits_best(zone: str, other: str) -> None:
    points, weights = np.array([AT[zone]]), np.array([1.0])
    for right in NAMED[zone]:
        for wrong in NAMED[other]:
            if zone != other:
                here, there = (place_error(places_in(text), points, weights) for text in (right, wrong))
                assert here < there, (right, wrong)


def test_two_places_and_everywhere() -> None:
    points, weights = np.array([[0.15, 0.15], [0.85, 0.85]]), np.array([0.5, 0.5])
    both, one = places_in("Top left and bottom right"), places_in("Top left")
    assert place_error(both, points, weights) < place_error(one, points, weights)
    grid = np.stack(np.meshgrid(np.linspace(0, 1, 9), np.linspace(0, 1, 9)), axis=-1).reshape(-1, 2)
    flat = np.full(len(grid), 1 / len(grid))
    assert place_error(places_in("Across the entire surface"), grid, flat) < place_error(one, grid, flat)


@pytest.mark.parametrize("text", ["On the handle.", "There is no defect", ""])
def test_texts_without_a_place(text: str) -> None:
    assert places_in(text) == ()
