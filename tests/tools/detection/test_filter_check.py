from pathlib import Path

import numpy as np
import pytest

from tests.tools.detection.conftest import good_photo
from tools.blueprint.parser import parse
from tools.detection.config import parse_config
from tools.detection.errors import DetectionInputError
from tools.detection.filter_check import check_blueprint, check_masks, refuse_deleting
from tools.detection.presets import get_preset
from tools.vision.masks import load_mask


def line_mask() -> np.ndarray:
    mask = np.zeros((100, 100), dtype=np.uint8)
    mask[50, 20:80] = 255
    return mask


def test_the_filter_that_deletes_is_named() -> None:
    settings = parse_config({"defects": {"shape_filters": {"max_aspect_ratio": 6.0}}}).defects
    found = check_masks([line_mask(), np.zeros((100, 100), dtype=np.uint8)], settings, name="scratch")
    assert (found.masks, found.deleted) == (1, 1)
    assert found.reasons == {"max_aspect_ratio": 1}
    with pytest.raises(DetectionInputError, match=r"1 of 1 scratch masks are deleted: max_aspect_ratio \(1\)"):
        refuse_deleting([found])


def test_what_keeps_is_not_refused() -> None:
    found = check_masks([line_mask()], get_preset("calm"))
    assert found.passed
    refuse_deleting([found])


def test_drawn_defects_of_a_blueprint() -> None:
    photos = [good_photo(seed) for seed in range(3)]
    scratch = parse("a 3 mm scratch on steel").blueprint.model_copy(update={"mm_per_px": 0.1})
    kept = check_blueprint(scratch, photos, get_preset("calm"), count=12)
    deleted = check_blueprint(scratch, photos, get_preset("industrial-defects-fp40"), count=12)
    assert kept.passed
    assert kept.masks == 12
    assert not deleted.passed


@pytest.mark.realdata
def test_the_peers_preset_deletes_cracks_and_ours_keeps_them(real_data: Path) -> None:
    masks = [load_mask(path) for path in sorted((real_data / "magnetic_tile" / "masks" / "crack").iterdir())]
    assert check_masks(masks, get_preset("industrial-defects-fp40")).share > 0.5
    assert check_masks(masks, get_preset("calm")).share <= 0.05
