import shutil
from pathlib import Path

import numpy as np

from tests.tools.detection.conftest import good_photo
from tools.blueprint.parser import parse
from tools.detection.config import parse_config
from tools.detection.preflight import preflight
from tools.vision.images import save_png


def test_every_kind_of_trouble_is_found(tmp_path: Path) -> None:
    good = tmp_path / "good"
    for seed in range(14):
        save_png(good / f"{seed:02d}.png", good_photo(seed))
    shutil.copy(good / "00.png", good / "copy.png")
    save_png(good / "dark.png", (good_photo(50) * 0.2).astype(np.uint8))
    save_png(good / "blank.png", np.full((96, 128, 3), 140, dtype=np.uint8))
    (good / "torn.png").write_bytes(b"\x89PNG")
    shutil.copytree(good, tmp_path / "bad")
    issues = preflight([good], parse_config({}), bad=[tmp_path / "bad"])
    codes = {issue.code for issue in issues}
    wanted = {"DUPLICATES", "ODD_PHOTO", "BLANK_PHOTO", "PHOTO_UNREADABLE", "TOO_FEW_FOR_PROMISE", "GOOD_AND_BAD"}
    assert wanted <= codes
    assert issues[0].severity == "error"
    odd = next(issue for issue in issues if issue.code == "ODD_PHOTO" and "dark.png" in issue.message)
    assert "darker" in odd.message or "flatter" in odd.message


def test_filters_are_tried_on_masks_and_on_words(parts: Path, tmp_path: Path) -> None:
    mask = np.zeros((96, 128), dtype=np.uint8)
    mask[40, 10:90] = 255
    save_png(tmp_path / "masks" / "hairline" / "1.png", mask)
    config = parse_config({"defects": {"open_ksize": 3}, "mm_per_px": 0.1})
    scratch = parse("a 4 mm scratch, 0.1 mm wide").blueprint
    issues = preflight([parts / "good"], config, masks=[tmp_path / "masks"], blueprints=[scratch])
    named = {issue.context.get("name") for issue in issues if issue.code == "FILTERS_DELETE"}
    assert "hairline" in named
    calm = preflight([parts / "good"], parse_config({"mm_per_px": 0.1}), blueprints=[scratch])
    assert [issue.severity for issue in calm if issue.code == "FILTERS_KEEP"] == ["info"]
