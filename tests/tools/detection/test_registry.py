from __future__ import annotations

import pytest

from tools.detection.errors import DetectionInputError
from tools.detection.registry import DETECTORS, build_detector


@pytest.mark.parametrize("name", [name for name in DETECTORS if name != "winclip"])  # needs a CLIP model
def test_names_agree(name: str) -> None:
    assert build_detector(name).name == name


def test_unknown_detector_names_the_known() -> None:
    with pytest.raises(DetectionInputError, match="patchcore"):
        build_detector("patchcroe")


def test_unknown_option_names_the_known() -> None:
    with pytest.raises(DetectionInputError, match="coreset"):
        build_detector("patchcore", corset=10)
