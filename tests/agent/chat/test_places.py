"""The Inspect and Library places without a browser."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from agent.api.artifacts import Artifacts
from agent.chat.cards import EDITS, blueprint_card, value_of
from agent.chat.inspecting import Inspecting
from agent.chat.library import EMPTY, Library, library_html, matrix_html
from agent.chat.verdicts import verdicts_html
from agent.settings import Settings
from agent.store.datasets import DatasetRow
from agent.store.detectors import DetectorRow
from agent.store.inspections import InspectionRow
from agent.store.library import Cell
from agent.store.repository import Store
from tools.blueprint.model import Blueprint
from tools.blueprint.registry import DEFECT_TYPES


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(f"sqlite:///{tmp_path / 'x.db'}")


def link(path: Path) -> str:
    return f"/link/{path.name}"


def test_an_empty_library_says_where_to_begin(store: Store) -> None:
    assert library_html(store, link) == EMPTY


def test_the_matrix_has_a_cell_for_every_type_of_every_part() -> None:
    shown = matrix_html([Cell("plate", "scratch", 2, 6, 1, "chat"), Cell(None, "dent", 1, 0, 0, None)])
    assert shown.count("<td><button") + shown.count('<td class="rr-there"') == 2 * len(DEFECT_TYPES)
    assert 'data-conversation="chat"' in shown
    assert 'data-say="A void on the plate"' in shown
    assert "scratch on plate: Blueprint version 2, 6 images in 1 data sets" in shown


def test_a_combination_is_marked_impossible_and_back(store: Store, tmp_path: Path) -> None:
    store.save_blueprint(Blueprint(defect_type="dent", part="plate"))
    library = Library(store, link, tmp_path)
    assert 'data-mark="plate|void"' in library.html()
    assert 'class="rr-never"' not in library.html()
    shown = library.mark("plate|void")
    assert shown.count('class="rr-never"') == 1
    assert library.impossible() == {("plate", "void")}
    assert [(line.actor, line.action, line.subject) for line in store.list_audit()] == [
        ("page", "MARK", "/library/plate/void")
    ]
    assert library.mark("plate|<script>") == shown
    assert 'class="rr-never"' not in library.mark("plate|void")
    (tmp_path / "library.json").write_text("nonsense")
    assert library.impossible() == frozenset()


def test_the_matrix_shows_the_detector_of_a_part_and_its_pod(store: Store, tmp_path: Path) -> None:
    store.save_blueprint(Blueprint(defect_type="dent", part="plate"))
    curve = {"defect_type": "dent", "unit": "mm", "a90_95": 1.25}
    (tmp_path / "pod.json").write_text(json.dumps({"curves": [curve]}))
    row = DetectorRow(kind="patchcore", path=str(tmp_path), part="plate", n_good=60, facts={"guarantee_met": True})
    store.save_detector(row)
    shown = library_html(store, link)
    assert "a90/95 1.2 mm" in shown
    assert "60 good photos · promise kept" in shown


def test_values_of_the_card_are_edited_by_a_sentence() -> None:
    card = blueprint_card(Blueprint(defect_type="dent"))
    assert 'data-edit="change the severity to {value}" data-options="minor|moderate|severe|critical"' in card
    assert 'aria-label="Defect: dent. Change it"' in card
    for path in EDITS:
        value_of(Blueprint(), path)


def test_names_are_escaped(store: Store) -> None:
    version = store.save_blueprint(Blueprint(defect_type="dent", part="<script>"))
    store.save_dataset(DatasetRow(name="<script>", path="/d", blueprint_version_id=version.id))
    store.save_conversation(title="<script>")
    shown = library_html(store, link)
    assert "<script>" not in shown
    assert shown.count("&lt;script&gt;") >= 3


def test_verdicts_come_worst_first() -> None:
    rows = [
        InspectionRow(input="/a/ok.png", verdict="ok", score=1.0, score_threshold=2.0),
        InspectionRow(
            input="/a/bad.png",
            verdict="ng",
            score=3.0,
            score_threshold=2.0,
            record={"reasons": ["too <high>"], "regions": [{"type": "missing_part", "zone": "top", "area_px": 9}] * 8},
        ),
        InspectionRow(input="/a/broken.png", verdict="cannot_judge", record={"error": "not an image"}),
    ]
    shown = verdicts_html(rows, link)
    assert shown.index("bad.png") < shown.index("broken.png") < shown.index("ok.png")
    assert "too &lt;high&gt;" in shown
    assert "missing part" in shown
    assert "and 2 more" in shown
    assert "not an image" in shown


def test_inspecting_without_a_detector_or_photos_is_one_sentence(store: Store, tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path)
    place = Inspecting(settings, store, Artifacts(settings))
    assert place.detectors() == []
    for detector, files, words in (
        (None, None, "Choose a detector"),
        ("x", [], "Add photos"),
        ("x", ["y"], "no detector"),
    ):
        job, answer = place.start(detector, files)
        assert job == ""
        assert words in answer
    assert next(place.follow(""))[0] == ""
    assert "Inspect photos first" in next(place.report(""))
