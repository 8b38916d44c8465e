"""The contact sheet."""

from __future__ import annotations

from pathlib import Path

from tools.generation.sheet import draw_overview, draw_sheet, save_sheet
from tools.vision.images import load_image
from tools.vision.types import RgbImage


def test_a_sheet_has_a_row_a_type_and_a_column_a_severity(metal: RgbImage, tmp_path: Path) -> None:
    sheet = draw_sheet(["scratch", "hole"], photo=metal, tile_px=96)
    assert sheet.shape == (22 + 2 * 102, 120 + 4 * 102, 3)
    cropped = draw_sheet(["dent"], photo=metal, tile_px=64, crop=True)
    assert cropped.shape[0] == 22 + 70
    assert load_image(save_sheet(tmp_path / "sheet.png", sheet)).shape == sheet.shape


def test_an_overview_has_a_column_a_type_and_a_mask_below_each_picture() -> None:
    overview = draw_overview(tile_px=40, rows=1)
    assert overview.shape == (22 + 2 * 46, 12 * 46, 3)
    masks = overview[22 + 46 : 22 + 86]
    assert (masks == 255).any()
    assert (masks == 0).any()
