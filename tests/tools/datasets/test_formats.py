"""Every format gives back what was written, and says what is wrong with what it cannot read."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from tools.datasets.errors import DatasetError
from tools.datasets.model import GOOD, Entry
from tools.datasets.registry import LAYOUTS, get_layout, recognise
from tools.vision.images import save_png

EXACT = ("mvtec", "coco", "yolo", "masks")
masks = arrays.arrays(np.bool_, st.tuples(st.integers(16, 40), st.integers(16, 40)))


def write(root: Path, name: str, samples: list[tuple[str, str, str, np.ndarray, np.ndarray | None]]) -> list[Entry]:
    """Write (name, label, split, image, mask) samples in a format."""
    layout = get_layout(name)
    entries = []
    for stem, label, split, image, mask in samples:
        entry = layout.place(stem, label, split)
        save_png(root / entry.image, image)
        if entry.mask is not None and mask is not None:
            save_png(root / entry.mask, mask)
        entries.append(entry)
    layout.finish(root, entries)
    return entries


def samples_of(mask: np.ndarray, seed: int, split: str) -> list[tuple[str, str, str, np.ndarray, np.ndarray | None]]:
    image = np.random.default_rng(seed).integers(0, 256, (*mask.shape, 3), dtype=np.uint8)
    defect = mask.astype(np.uint8) * np.uint8(255)
    defect[3, 4] = 255
    return [("plain", GOOD, "train", image, None), ("spoiled", "crack", split, image[::-1].copy(), defect)]


@pytest.mark.parametrize("name", EXACT)
@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(mask=masks, seed=st.integers(0, 2**16))
def test_round_trip_is_exact(name: str, mask: np.ndarray, seed: int) -> None:
    split = "test" if name == "mvtec" else "val"
    written = samples_of(mask, seed, split)
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        write(root, name, written)
        assert recognise(root).name == name
        read = {sample.name: sample for sample in recognise(root).read(root)}
    assert set(read) == {"plain", "spoiled"}
    for stem, label, where, image, expected in written:
        sample = read[stem]
        assert (sample.label, sample.split) == (label, where)
        assert np.array_equal(sample.image, image)
        assert (sample.mask is None) == (expected is None)
        if expected is not None:
            assert np.array_equal(sample.mask, expected)


@settings(max_examples=20, deadline=None)
@given(x=st.integers(4, 20), y=st.integers(4, 20), width=st.integers(3, 18), height=st.integers(3, 18))
@pytest.mark.parametrize("name", ["coco-polygons", "yolo"])
def test_outlines_keep_the_area(name: str, x: int, y: int, width: int, height: int) -> None:
    mask = np.zeros((48, 48), bool)
    mask[y : y + height, x : x + width] = True
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        entries = write(root, name, samples_of(mask, 0, "val"))
        for entry in entries:
            if entry.mask is not None:
                truth = mask | (np.arange(48)[:, None] == 3) & (np.arange(48)[None, :] == 4)
                (root / entry.mask).unlink()
        drawn = next(sample.mask for sample in recognise(root).read(root) if sample.label == "crack")
    assert drawn is not None
    both = (drawn > 0) & truth
    assert both.sum() >= 0.8 * truth.sum()
    assert (drawn > 0).sum() <= 1.3 * truth.sum() + 4


def test_coco_is_what_pycocotools_reads(tmp_path: Path) -> None:
    from pycocotools.coco import COCO

    mask = np.zeros((40, 30), bool)
    mask[5:9, 6:20] = True
    mask[20:30, 3:5] = True
    write(tmp_path, "coco", samples_of(mask, 1, "val"))
    coco = COCO(str(tmp_path / "annotations" / "instances_val.json"))
    rows = coco.loadAnns(coco.getAnnIds())
    assert len(rows) == 3
    assert {coco.loadCats(row["category_id"])[0]["name"] for row in rows} == {"crack"}
    total = sum(coco.annToMask(row) for row in rows)
    assert np.array_equal(total > 0, mask | (np.indices(mask.shape) == np.array([3, 4])[:, None, None]).all(axis=0))
    assert sum(row["area"] for row in rows) == total.sum()


def test_two_classes_in_one_file_keep_both_names(tmp_path: Path) -> None:
    save_png(tmp_path / "images" / "train" / "a.png", np.full((20, 20, 3), 90, np.uint8))
    box = [[2.0, 2.0, 8.0, 2.0, 8.0, 8.0, 2.0, 8.0]]
    data = {
        "images": [{"id": 1, "file_name": "a.png", "width": 20, "height": 20}],
        "annotations": [{"id": i, "image_id": 1, "category_id": i, "segmentation": box} for i in (1, 2)],
        "categories": [{"id": 1, "name": "scratch"}, {"id": 2, "name": "dent"}],
    }
    (tmp_path / "annotations").mkdir()
    (tmp_path / "annotations" / "instances_train.json").write_text(json.dumps(data))
    sample = next(iter(get_layout("coco").read(tmp_path)))
    assert sample.label == "dent+scratch"
    assert sample.mask is not None
    assert (sample.mask > 0).sum() == 36


@pytest.mark.parametrize(
    ("file", "content", "words"),
    [
        ("annotations/instances_train.json", "{broken", "cannot be read"),
        ("annotations/instances_train.json", "{}", "not a COCO file"),
        (
            "annotations/instances_train.json",
            '{"images":[{"id":1,"file_name":"../../../../secret.png"}],"annotations":[],"categories":[]}',
            "points out of the data set",
        ),
        (
            "annotations/instances_train.json",
            '{"images":[{"id":1,"file_name":"gone.png"}],"annotations":[],"categories":[]}',
            "which is not there",
        ),
    ],
)
def test_damaged_coco_is_named(tmp_path: Path, file: str, content: str, words: str) -> None:
    (tmp_path / file).parent.mkdir(parents=True)
    (tmp_path / file).write_text(content)
    with pytest.raises(DatasetError, match=words):
        list(recognise(tmp_path).read(tmp_path))


@pytest.mark.parametrize("line", ["0 0.1 0.1", "x 0.1 0.1 0.2 0.2 0.3 0.1", "7 0.1 0.1 0.2 0.2 0.3 0.1"])
def test_damaged_yolo_lines_are_named(tmp_path: Path, line: str) -> None:
    mask = np.zeros((20, 20), bool)
    write(tmp_path, "yolo", samples_of(mask, 0, "val"))
    (tmp_path / "labels" / "val" / "spoiled.txt").write_text(f"{line}\n")
    with pytest.raises(DatasetError, match=r"spoiled\.txt"):
        list(recognise(tmp_path).read(tmp_path))


def test_mvtec_defect_without_mask_is_named(tmp_path: Path) -> None:
    write(tmp_path, "mvtec", samples_of(np.zeros((20, 20), bool), 0, "test"))
    (tmp_path / "ground_truth" / "crack" / "spoiled_mask.png").unlink()
    with pytest.raises(DatasetError, match="has no mask"):
        list(recognise(tmp_path).read(tmp_path))


def test_plain_masks_without_labels(tmp_path: Path) -> None:
    save_png(tmp_path / "images" / "a.png", np.full((20, 20, 3), 90, np.uint8))
    save_png(tmp_path / "images" / "b.png", np.full((20, 20, 3), 90, np.uint8))
    save_png(tmp_path / "masks" / "b.png", np.eye(20, dtype=np.uint8) * np.uint8(255))
    labels = {sample.name: sample.label for sample in recognise(tmp_path).read(tmp_path)}
    assert labels == {"a": GOOD, "b": "defect"}


def test_unknown_format_and_folder(tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match="there are mvtec"):
        get_layout("voc")
    with pytest.raises(DatasetError, match="none of"):
        recognise(tmp_path)
    with pytest.raises(DatasetError, match="does not exist"):
        recognise(tmp_path / "gone")
    assert set(LAYOUTS) == {"mvtec", "coco", "coco-polygons", "yolo", "masks"}
