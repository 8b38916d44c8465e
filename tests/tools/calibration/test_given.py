"""A calibration on photos, without a configuration file."""

from pathlib import Path

import numpy as np
import pytest

from tests.tools.calibration.conftest import thumbnails
from tools.blueprint.model import Origin
from tools.blueprint.parser import parse
from tools.calibration.errors import CalibrationError
from tools.calibration.given import default_space, match_photos, read_outcome, style_of
from tools.vision.images import save_png


@pytest.fixture(scope="module")
def photos(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    folder, generator = tmp_path_factory.mktemp("photos"), np.random.default_rng(0)
    return [save_png(folder / f"{n}.png", generator.integers(150, 200, (64, 64, 3)).astype(np.uint8)) for n in range(6)]


def test_every_type_can_be_tuned():
    for name in ("void", "scratch", "stain", "crack"):
        space = default_space(name)
        assert all(one.startswith("style.") for one in space.names)


def test_photos_are_matched_and_the_style_fits_the_blueprint(photos: list[Path], tmp_path: Path):
    blueprint = parse("one void, 12 px in diameter").blueprint.with_changes({"mm_per_px": 0.1}, Origin.SAID)
    said: list[str] = []
    matched = match_photos(
        blueprint,
        photos,
        photos,
        tmp_path,
        embed=thumbnails,
        iterations=1,
        progress=lambda done, total, text: said.append(f"{done}/{total} {text}"),
    )
    assert said[0].startswith("0/1 distance")
    assert matched.report.is_file()
    assert {path.name for path in matched.pictures} >= {"beside.png", "scatter.png"}
    assert style_of(read_outcome(tmp_path)) == style_of(matched.outcome)
    assert sum(one["share"] for one in matched.outcome.mixture) == pytest.approx(1.0, abs=0.01)
    blueprint.with_changes({"style": style_of(matched.outcome)}, Origin.EDITED)


@pytest.mark.parametrize(
    ("text", "real", "reason"), [("a part", 6, "no defect type"), ("a void", 4, "at least 5 photos")]
)
def test_what_is_missing_is_said(text: str, real: int, reason: str, photos: list[Path], tmp_path: Path):
    with pytest.raises(CalibrationError, match=reason):
        match_photos(parse(text).blueprint, photos, photos[:real], tmp_path, embed=thumbnails)
    with pytest.raises(CalibrationError, match="no finished calibration"):
        read_outcome(tmp_path)
