"""Attached photos: checked, and kept under the names that people gave them."""

from pathlib import Path

import numpy as np
import pytest

from agent.attachments import take_attachments
from tools.vision.images import save_png


@pytest.mark.parametrize("name", ["bolt_2.png", "Teil 7 (links).png"])
def test_an_upload_keeps_its_own_name(tmp_path: Path, name: str) -> None:
    uploaded = save_png(tmp_path / "upload" / name, np.full((32, 32, 3), 90, np.uint8))
    (kept,), complaints = take_attachments([uploaded], tmp_path / "data" / "uploads")
    assert complaints == []
    assert kept.is_relative_to(tmp_path / "data"), "the temporary folder does not last"
    assert kept.name == name


def test_two_photos_of_one_name_stay_apart(tmp_path: Path) -> None:
    photos = [save_png(tmp_path / f"{n}" / "part.png", np.full((32, 32, 3), 10 * n, np.uint8)) for n in (1, 2)]
    kept, _ = take_attachments(photos, tmp_path / "data" / "uploads")
    assert [path.name for path in kept] == ["part.png", "part.png"]
    assert kept[0].read_bytes() != kept[1].read_bytes()
    assert take_attachments(photos, tmp_path / "data" / "uploads")[0] == kept
