import json
from pathlib import Path

import numpy as np
import pytest

from knowledge.errors import KnowledgeInputError
from knowledge.visual import VisualIndex, nearest_type
from tools.vision.images import save_png


class Colours:
    """A stand-in for a backbone: the mean colour and its spread, as a unit vector."""

    name, fingerprint, multiple_px = "colours", "f1", 1

    def embed(self, images):
        rows = [[*image.reshape(-1, 3).mean(0), image.std(), 20.0] for image in images]
        vectors = np.array(rows, np.float32) - 100
        return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


def paint(path: Path, colour, spot=None) -> Path:
    image = np.full((80, 100, 3), colour, np.uint8)
    if spot:
        image[30:40, 60:75] = spot
    return save_png(path, image)


@pytest.fixture
def index(tmp_path: Path) -> VisualIndex:
    found = VisualIndex(Colours())
    found.add_good([paint(tmp_path / f"{n}.png", (n * 40, 100, 100)) for n in range(6)], category="a")
    for n, (label, colour) in enumerate([("stain", (200, 0, 0)), ("stain", (190, 10, 0)), ("rust", (0, 0, 200))]):
        found.add_defect(paint(tmp_path / f"d{n}.png", (120, 120, 120), colour), (60, 30, 75, 40), label, category="a")
    return found


def test_the_nearest_come_first(index: VisualIndex):
    hits = index.nearest(np.full((80, 100, 3), (81, 100, 100), np.uint8), kind="good", k=3)
    assert hits[0].example.path.endswith("2.png")
    assert [hit.distance for hit in hits] == sorted(hit.distance for hit in hits)
    assert index.nearest(np.zeros((80, 100, 3), np.uint8), kind="good", category="other") == []


def test_good_parts_are_added_once(index: VisualIndex, tmp_path: Path):
    assert index.add_good([tmp_path / "0.png"], category="a") == 0
    assert len(index) == 9


def test_defects_name_a_type_where_they_agree(index: VisualIndex):
    image = np.full((80, 100, 3), 120, np.uint8)
    image[30:40, 60:75] = (195, 5, 0)
    hits = index.nearest(image, (60, 30, 75, 40), kind="defect", k=3)
    label, share = nearest_type(hits, max_distance=2.0)
    assert label == "stain"
    assert share > 0.6
    assert nearest_type(hits, max_distance=-1.0) is None


def test_a_correction_replaces_the_label(index: VisualIndex, tmp_path: Path):
    before = len(index)
    index.add_defect(tmp_path / "d0.png", (60, 30, 75, 40), "dent", category="a", source="operator")
    assert len(index) == before
    assert next(e.label for e in index.examples if e.kind == "defect") == "dent"


def test_the_same_place_of_the_nearest_good_part(index: VisualIndex):
    hit = index.nearest_place(np.full((40, 50, 3), (81, 100, 100), np.uint8), (10, 10, 20, 20))
    assert hit.example.path.endswith("2.png")
    assert hit.box_xyxy == (20, 20, 40, 40)


def test_it_is_saved_and_loaded(index: VisualIndex, tmp_path: Path):
    index.save(tmp_path / "visual")
    again = VisualIndex.load(tmp_path / "visual", Colours())
    assert again.examples == index.examples
    image = np.full((80, 100, 3), (81, 100, 100), np.uint8)
    assert again.nearest(image, kind="good") == index.nearest(image, kind="good")


def test_what_is_damaged_or_foreign_is_refused(index: VisualIndex, tmp_path: Path):
    folder = tmp_path / "visual"
    with pytest.raises(KnowledgeInputError, match="not a visual index"):
        VisualIndex.load(folder, Colours())
    index.save(folder)
    other = Colours()
    other.fingerprint = "f2"
    with pytest.raises(KnowledgeInputError, match="another backbone"):
        VisualIndex.load(folder, other)
    facts = json.loads((folder / "examples.json").read_text())
    (folder / "vectors.safetensors").write_bytes(b"\x00" * 100)
    with pytest.raises(KnowledgeInputError, match="damaged"):
        VisualIndex.load(folder, Colours())
    facts["examples"] = 3
    (folder / "examples.json").write_text(json.dumps(facts))
    with pytest.raises(KnowledgeInputError, match="not a visual index"):
        VisualIndex.load(folder, Colours())


def test_a_box_outside_is_refused(index: VisualIndex):
    with pytest.raises(KnowledgeInputError, match="not inside"):
        index.nearest(np.zeros((20, 20, 3), np.uint8), (5, 5, 40, 10), kind="good")
