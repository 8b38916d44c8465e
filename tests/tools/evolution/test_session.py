"""A sculpting session follows from its answers: undo, resume, repeats, reasons, going back, and when to stop."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from tools.blueprint.model import Appearance, Blueprint, Geometry, PositiveRange, Range
from tools.evolution.errors import EvolutionError
from tools.evolution.lineup import REPEAT_EVERY
from tools.evolution.seen import SEEN_AT, SIDE_PX
from tools.evolution.session import Session, State, Turn, champion_of
from tools.evolution.taste import coordinates
from tools.evolution.words import difference
from tools.generation.base_parts import render_part
from tools.generation.registry import get_generator
from tools.scoring.appearance import Looks
from tools.scoring.case import Case
from tools.scoring.terms import Visibility

START = "contrast 0.3, edge 5, size factor 0.6"


@pytest.fixture(scope="module")
def photo() -> np.ndarray:
    return render_part("ceramic", size=(96, 96), seed=1)


def begin(photo: np.ndarray, folder: Path | None = None, state: State | None = None) -> Session:
    blueprint = Blueprint(defect_type="stain")
    return Session(blueprint, photo, 3, get_generator("renderer"), start=START, folder=folder, state=state)


def copied(state: State) -> State:
    return State(list(state.candidates), list(state.turns), state.left, state.right, state.repeat)


def test_answers_are_the_whole_state(photo: np.ndarray, tmp_path: Path) -> None:
    session = begin(photo, tmp_path)
    assert session.champion is None
    assert session.chance() == 0
    before = copied(session.state)
    session.answer("2", "too bright")
    middle = copied(session.state)
    session.answer("both_bad")
    assert session.champion is None
    assert len(session.state.candidates) == 5
    session.undo()
    assert (session.state.turns, session.state.left, session.state.right) == (middle.turns, middle.left, middle.right)
    chance = session.chance()
    again = begin(photo, tmp_path, copied(session.state))
    assert again.chance() == pytest.approx(chance, abs=0.05)
    assert again.champion == session.champion
    session.undo()
    assert (session.state.left, session.state.right) == (before.left, before.right)
    with pytest.raises(EvolutionError, match="nothing to undo"):
        session.undo()


@pytest.mark.parametrize("start", ["contrast 0.01", "contrast -0.02, closing 0.9"])
def test_only_what_can_be_seen_is_offered(start: str) -> None:
    rough = render_part("brushed_metal", size=(160, 160), seed=2)
    size = Geometry(length_mm=PositiveRange(min=4, max=4))
    blueprint = Blueprint(defect_type="crack", geometry=size, mm_per_px=0.1)
    session = Session(blueprint, rough, 5, get_generator("renderer"), start=start)
    session.answer("2")
    for number in range(len(session.state.candidates)):
        drawn = session.draw(number)
        assert Visibility().score(Case(blueprint, rough, drawn.image, drawn.mask)).score >= SEEN_AT


def test_a_dark_defect_is_never_offered_bright() -> None:
    plate = render_part("plate", size=(160, 160), seed=2)
    dark = Appearance(contrast=Range(min=-0.6, max=-0.25))
    session = Session(Blueprint(defect_type="stain", appearance=dark), plate, 5, get_generator("renderer"), start=START)
    session.answer("both_bad")
    session.answer("2", "too dark")
    looks = [session.looks(number) for number in range(len(session.state.candidates))]
    assert all(look is not None and look.contrast < 0 for look in looks)


def test_no_candidate_is_shown_twice_except_to_check(photo: np.ndarray) -> None:
    session = begin(photo)
    for asked in range(REPEAT_EVERY):
        assert session.state.repeat == (asked == REPEAT_EVERY - 1)
        session.answer("1" if asked % 3 else "2")
    texts = [candidate.text for candidate in session.state.candidates]
    assert len(set(texts)) == len(texts) == REPEAT_EVERY + 1
    assert session.consistency() in (0.0, 1.0)


def test_reasons_and_the_way_back(photo: np.ndarray) -> None:
    session = begin(photo)
    session.answer("1")
    champion = session.champion
    assert champion is not None
    looks = session.looks(champion)
    assert looks is not None
    column = 0  # contrast
    belief_before = session._taste.target()[column]
    session.complain("too bright")
    assert session.champion == champion
    assert session._taste.target()[column] < belief_before
    session.back(1 - champion if champion < 2 else 0)
    assert session.champion == (1 - champion if champion < 2 else 0)
    assert session.state.candidates[-1].parent == session.champion
    session.undo()
    assert session.champion == champion
    with pytest.raises(EvolutionError, match="no candidate 99"):
        session.back(98)
    with pytest.raises(EvolutionError, match="no reason"):
        session.complain("too ugly")
    assert set(session.reasons()) >= {"too dark", "too bright"}


def test_an_engineer_with_a_target_is_understood(photo: np.ndarray) -> None:
    session = begin(photo)
    target = coordinates(Looks(contrast=-0.25, texture=0.05, softness=0.1, raggedness=0.1, size=0.2, tint=0.05))

    def gap(number: int) -> float:
        looks = session.looks(number)
        assert looks is not None
        return float(np.sqrt(((coordinates(looks) - target) ** 2).mean()))

    first = min(gap(0), gap(1))
    remaining = session.remaining()
    for _ in range(8):
        state = session.state
        session.answer("1" if gap(state.left) < gap(state.right) else "2")
    champion = session.champion
    assert champion is not None
    assert gap(champion) < first
    assert session.remaining() <= max(remaining, 1) + 2
    assert len(session.history()) == 8
    assert all(0 <= one <= 1 for one in session.closeness())


def test_who_holds() -> None:
    turns = [Turn("tie", 0, 1), Turn("2", 0, 2), Turn("tie", 2, 3), Turn("1", 4, 2, repeat=True), Turn("reason", 2, 3)]
    assert [champion_of(turns[:count]) for count in range(6)] == [None, 0, 2, 2, 2, 2]
    assert champion_of([*turns, Turn("back", 2, 3, target=1)]) == 1
    assert champion_of([*turns, Turn("both_bad", 2, 3)]) is None


def test_large_photos_are_measured_small() -> None:
    photo = render_part("ceramic", size=(400, 2 * SIDE_PX), seed=1)
    blueprint = Blueprint(defect_type="stain", mm_per_px=0.1)
    session = Session(blueprint, photo, 3, get_generator("renderer"), start=START)
    assert session.draw(0).image.shape == photo.shape
    assert session._seen.problem.photos[0].shape == (200, SIDE_PX, 3)
    assert session._seen.problem.blueprint.mm_per_px == pytest.approx(0.2)


def test_needs_a_type(photo: np.ndarray) -> None:
    with pytest.raises(EvolutionError, match="defect type"):
        Session(Blueprint(), photo, 3, get_generator("renderer"))


def test_differences_in_words() -> None:
    old = Looks(contrast=0.1, texture=0.0, softness=0.0, raggedness=0.1, size=0.1, tint=0.0)
    new = Looks(contrast=-0.1, texture=0.0, softness=0.2, raggedness=0.1, size=0.1, tint=0.0)
    assert difference(new, old) == ("darker", "softer at the edge")
    assert difference(old, new, "de") == ("heller", "schärfer am Rand")
    assert difference(old, old) == ()
