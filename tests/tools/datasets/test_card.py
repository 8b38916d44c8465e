"""The card names what matters; the sheet is a picture worth looking at."""

from __future__ import annotations

from pathlib import Path

from tools.datasets.lineage import read_lineage
from tools.datasets.sheet import write_contact_sheet
from tools.vision.images import load_image


def test_card(sculpted: Path) -> None:
    text = (sculpted / "card.md").read_text()
    for words in (
        "# Sculpted data set: scratch",
        "> a dark scratch",
        "![contact sheet](contact_sheet.png)",
        "| sculpted images | 6 |",
        "| test | scratch | 6 |",
        "| appearance.contrast | -0.6 … -0.3 |",
        "## Licences",
        "`lineage.jsonl`",
    ):
        assert words in text


def test_sheet(tmp_path: Path, sculpted: Path) -> None:
    sheet = load_image(sculpted / "contact_sheet.png")
    assert sheet.shape[0] > 300
    assert (sheet[..., 0].astype(int) - sheet[..., 1] > 100).any()
    records = list(read_lineage(sculpted))[:1]
    folder = tmp_path / "one"
    (folder / "test" / "scratch").mkdir(parents=True)
    for name in (records[0].image, records[0].mask):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes((sculpted / name).read_bytes())
    assert load_image(write_contact_sheet(folder, records, "x" * 300)).shape[1] >= 400
