"""WinCLIP on a tiny random CLIP: the path works, texts come from Blueprints, a backbone without texts is refused.

Random weights know nothing, so nothing is said here about how well it finds defects.
"""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from tools.blueprint.parser import parse
from tools.detection.detectors.winclip.prompts import texts
from tools.detection.errors import DetectionInputError
from tools.detection.registry import build_detector

Parts = list[NDArray[np.uint8]]


def test_round_trip(clip_folder: Path, good_parts: Parts) -> None:
    spec = f"clip:{clip_folder}"
    detector = build_detector("winclip", backbone=spec, side_px=64, defects=["a scratch on brass"])
    detector.fit(good_parts[:3], seed=0)
    first = detector.predict(good_parts[3:5])
    again = build_detector("winclip", **json.loads(json.dumps(dict(detector.config()))))
    again.load_state(detector.state())
    assert [p.score for p in again.predict(good_parts[3:5])] == pytest.approx([p.score for p in first], rel=1e-5)
    assert first[0].map.shape == good_parts[3].shape[:2]
    assert np.isfinite(first[0].map).all()


def test_texts_name_the_thing_and_its_defects() -> None:
    good, bad = texts([parse("a scratch on a brass fitting").blueprint])
    assert any("brass fitting with a scratch" in text for text in bad)
    assert not any("scratch" in text for text in good)


def test_a_backbone_without_texts_is_refused() -> None:
    with pytest.raises(DetectionInputError, match="clip:FOLDER"):
        build_detector("winclip")
