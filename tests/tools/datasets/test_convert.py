"""Conversion keeps pixels, masks, labels and the way back to the photo."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from tools.datasets.convert import convert, info
from tools.datasets.errors import DatasetError
from tools.datasets.registry import recognise
from tools.datasets.verify import verify


@pytest.mark.parametrize("layout", ["mvtec", "coco", "coco-polygons", "yolo", "masks"])
def test_there_and_traceable(tmp_path: Path, sculpted: Path, layout: str) -> None:
    result = convert(sculpted, tmp_path / "new", layout)
    assert result.n_images == 11
    assert verify(tmp_path / "new").ok
    before = {s.name: s for s in recognise(sculpted).read(sculpted)}
    after = {s.name: s for s in recognise(tmp_path / "new").read(tmp_path / "new")}
    assert set(before) == set(after)
    for name, sample in before.items():
        assert np.array_equal(sample.image, after[name].image)
        assert sample.label == after[name].label
        if sample.mask is not None and layout != "coco-polygons":
            assert np.array_equal(sample.mask, after[name].mask)


def test_and_back(tmp_path: Path, sculpted: Path) -> None:
    convert(sculpted, tmp_path / "coco", "coco")
    convert(tmp_path / "coco", tmp_path / "mvtec", "mvtec")
    for path in sorted(sculpted.rglob("*.png")):
        if path.name != "contact_sheet.png":
            twin = tmp_path / "mvtec" / path.relative_to(sculpted)
            assert twin.read_bytes() == path.read_bytes()


def test_refuses_a_filled_target(sculpted: Path) -> None:
    with pytest.raises(DatasetError, match="not empty"):
        convert(sculpted, sculpted, "coco")


def test_info(sculpted: Path) -> None:
    facts = info(sculpted)
    assert facts["format"] == "mvtec"
    assert facts["n_images"] == 11
    assert facts["traced_images"] == 6
    assert facts["width_px"] == {"min": 112, "max": 112}
    assert 0 < facts["mask_share"]["median"] < 0.5
    assert {"split": "test", "label": "scratch", "images": 6} in facts["counts"]
