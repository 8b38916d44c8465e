"""Reading the benchmark's layout: folders that are not data sets, subsets, and files that are wrong."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from evals.mmad.errors import MmadInputError
from evals.mmad.layout import knowledge_of, read_questions, subtask_of


def test_good_parts_of_another_folder_belong_to_their_data_set(small_set: Path) -> None:
    found = read_questions(small_set, small_set / "domain_knowledge.json")
    good = next(item for item in found.items if item.key == "MVTec-AD/plate/test/good/000.png")
    assert (good.dataset, good.category, good.normal) == ("DS-MVTec", "plate", True)
    assert {item.dataset for item in found.items} == {"DS-MVTec", "VisA"}
    assert knowledge_of(found, good)["hole"].startswith("A hole")
    assert len(good.similar) == 8
    assert good.similar[0] == good.random[-1]


def test_an_image_is_found_by_its_own_path_inside_the_data_set(small_set: Path) -> None:
    data = json.loads((small_set / "mmad.json").read_text())
    entry = data.pop("DS-MVTec/plate/image/hole/000.png")
    data["DS-MVTec/plate/elsewhere/000.png"] = entry
    (small_set / "mmad.json").write_text(json.dumps(data))
    found = read_questions(small_set)
    assert any(item.image.parts[-2:] == ("hole", "000.png") for item in found.items if "elsewhere" in item.key)


def test_missing_images_and_templates_are_reported_not_fatal(small_set: Path) -> None:
    (small_set / "DS-MVTec/plate/image/hole/001.png").unlink()
    (small_set / "VisA/disc/train/good/000.png").unlink()
    found = read_questions(small_set)
    assert found.missing_images == ("DS-MVTec/plate/image/hole/001.png",)
    assert found.missing_templates == 8


def test_unusable_questions_are_named(small_set: Path) -> None:
    data = json.loads((small_set / "mmad.json").read_text())
    key = "DS-MVTec/plate/image/hole/000.png"
    data[key]["conversation"] += [
        {"Question": "?", "Answer": "C", "Options": {"A": "x", "B": "y"}, "type": "Defect Analysis"},
        {"Question": "?", "Answer": "A", "Options": {"A": "x", "B": "y"}, "type": "Small talk"},
        "no question",
    ]
    data["../../etc/passwd"] = {"conversation": []}
    (small_set / "mmad.json").write_text(json.dumps(data))
    found = read_questions(small_set)
    assert len(found.unusable) == 4
    assert not any(".." in item.key for item in found.items)


def test_object_analysis_has_three_names() -> None:
    assert {subtask_of(kind) for kind in ("Object Structure", "Object Details", "Object Analysis")} == {
        "Object Analysis"
    }
    assert subtask_of("Poetry") is None


@pytest.mark.parametrize("content", [None, "{", "[]", "{}"])
def test_a_wrong_file_is_one_sentence(tmp_path: Path, content: str | None) -> None:
    if content is not None:
        (tmp_path / "mmad.json").write_text(content)
    with pytest.raises(MmadInputError):
        read_questions(tmp_path)


def test_no_image_at_all_says_where_to_put_them(small_set: Path) -> None:
    only = small_set.parent / "only"
    only.mkdir()
    (only / "mmad.json").write_text((small_set / "mmad.json").read_text())
    with pytest.raises(MmadInputError, match="none of the 8 images"):
        read_questions(only)
