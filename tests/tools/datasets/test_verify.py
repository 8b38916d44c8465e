"""Verification finds one changed pixel, wherever it is."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest

from tools.datasets.errors import DatasetError
from tools.datasets.lineage import read_lineage
from tools.datasets.verify import verify
from tools.vision.images import load_image, save_png


@pytest.fixture
def copy(tmp_path: Path, sculpted: Path) -> Path:
    return Path(shutil.copytree(sculpted, tmp_path / "copy"))


def test_untouched(sculpted: Path) -> None:
    seen: list[int] = []
    result = verify(sculpted, progress=seen.append)
    assert result.ok
    assert result.n_images == 6
    assert seen == [1, 2, 3, 4, 5, 6]


@pytest.mark.parametrize(("what", "words"), [("image", "1 pixels of the image"), ("mask", "1 pixels of the mask")])
def test_one_flipped_pixel(copy: Path, what: str, words: str) -> None:
    record = list(read_lineage(copy))[2]
    path = copy / getattr(record, what)
    pixels = load_image(path).copy() if what == "image" else load_image(path)[..., 0].copy()
    pixels[7, 9] = 255 - pixels[7, 9]
    save_png(path, pixels)
    result = verify(copy)
    assert not result.ok
    assert [mismatch.image for mismatch in result.mismatches] == [record.image]
    assert words in result.mismatches[0].reason


def test_changed_or_missing_photo(copy: Path) -> None:
    records = list(read_lineage(copy))
    path = copy / records[0].source
    save_png(path, np.roll(load_image(path), 1, axis=0))
    result = verify(copy)
    hit = [record.image for record in records if record.source == records[0].source]
    assert [mismatch.image for mismatch in result.mismatches] == hit
    assert "was changed" in result.mismatches[0].reason
    path.unlink()
    assert "which is not there" in verify(copy).mismatches[0].reason


def test_another_version_is_said(copy: Path) -> None:
    text = (copy / "lineage.jsonl").read_text()
    generator = next(read_lineage(copy)).generator
    (copy / "lineage.jsonl").write_text(text.replace(f'"{generator}"', '"renderer 0.0"'))
    assert "made by renderer 0.0" in verify(copy).mismatches[0].reason


def test_what_cannot_be_verified(tmp_path: Path, copy: Path) -> None:
    with pytest.raises(DatasetError, match="no lineage"):
        verify(tmp_path)
    with pytest.raises(DatasetError, match="does not exist"):
        verify(tmp_path / "gone")
    (copy / "lineage.jsonl").write_text("")
    with pytest.raises(DatasetError, match="empty lineage"):
        verify(copy)
    (copy / "lineage.jsonl").write_text('{"image": 1}\n')
    with pytest.raises(DatasetError, match="line 1 is damaged"):
        verify(copy)
