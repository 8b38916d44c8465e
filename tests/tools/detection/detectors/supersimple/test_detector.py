"""What only SuperSimple promises: held-out predictions from one fit, expected defects kept in its settings."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from tools.detection.bundle import Bundle
from tools.detection.detectors.supersimple.head import Head, Noise
from tools.detection.errors import DetectionInputError
from tools.detection.fit import fit_bundle
from tools.detection.protocol import HoldsOut, Prediction
from tools.detection.registry import build_detector
from tools.vision.backbone import get_backbone

Parts = list[NDArray[np.uint8]]
QUICK: dict[str, Any] = {"side_px": 64, "examples": 16, "steps": 4, "heads": 2, "coreset": 50}


def test_each_image_is_held_out_once(good_parts: Parts) -> None:
    detector = build_detector("supersimple", **QUICK)
    assert isinstance(detector, HoldsOut)
    seen: dict[int, Prediction] = {}

    def keep(index: int, prediction: Prediction) -> None:
        assert index not in seen
        seen[index] = prediction

    detector.fit_holding_out(good_parts[:5], [np.array([0, 2, 4]), np.array([1, 3])], seed=0, keep=keep)
    assert sorted(seen) == [0, 1, 2, 3, 4]
    assert all(one.map.shape == good_parts[0].shape[:2] for one in seen.values())
    assert np.median([one.score for one in seen.values()]) < 1.0


def test_a_bundle_keeps_words_and_scale(good_parts: Parts, bad_parts: list[Any], tmp_path: Path) -> None:
    folder = tmp_path / "good"
    folder.mkdir()
    for number, image in enumerate(good_parts[:6]):
        cv2.imwrite(str(folder / f"{number}.png"), image)
    options = {**QUICK, "defects": ["a dark stain"]}
    made = fit_bundle(folder, tmp_path / "bundle", detector="supersimple", options=options, seed=1)
    assert made.calibration.held_out == 6
    assert made.calibration.folds == 2
    again = Bundle.load(tmp_path / "bundle")
    assert (
        json.loads((tmp_path / "bundle" / "bundle.json").read_text())["detector_config"]["defects"]
        == options["defects"]
    )
    image = bad_parts[0][0]
    assert np.isclose(again.predict([image])[0].score, made.predict([image])[0].score, rtol=1e-5)


def test_each_photo_is_looked_at_once(good_parts: Parts, monkeypatch: pytest.MonkeyPatch) -> None:
    backbone = get_backbone()
    seen: list[int] = []
    plain = backbone.features

    def counted(images: Parts, *rest: Any) -> Any:
        seen.append(len(images))
        return plain(images, *rest)

    monkeypatch.setattr(backbone, "features", counted)
    build_detector("supersimple", backbone=backbone, **QUICK).fit(good_parts[:5], seed=0)
    assert sum(seen) == QUICK["examples"] + 5 + 1  # and one to learn the shapes of features


def test_a_preset_says_how_much_and_options_overrule_it() -> None:
    full, quick = (build_detector("supersimple", preset=name).config() for name in ("full", "quick"))
    assert build_detector("supersimple").config() == full
    for amount in ("heads", "examples", "steps", "coreset", "max_patches"):
        assert quick[amount] < full[amount]
    own = build_detector("supersimple", preset="quick", steps=7).config()
    assert own == {**quick, "steps": 7}
    assert build_detector("supersimple", **own).config() == own  # a bundle knows the numbers, whatever presets become
    with pytest.raises(DetectionInputError, match="no preset 'quik'; did you mean quick"):
        build_detector("supersimple", preset="quik")


def test_noise_is_added_to_the_chosen_images_alone() -> None:
    torch.manual_seed(0)
    head = Head([4, 8]).eval()
    stages = [torch.randn(3, 4, 8, 8), torch.randn(3, 8, 4, 4)]
    added = [torch.randn(1, 4, 8, 8), torch.randn(1, 8, 4, 4)]
    everywhere = [torch.cat([torch.zeros_like(one), one, torch.zeros_like(one)]) for one in added]
    plain, noisy = head(stages), head(stages, Noise(torch.tensor([1]), added))
    same = head(stages, Noise(torch.arange(3), everywhere))
    torch.testing.assert_close(noisy, same)
    torch.testing.assert_close(noisy[[0, 2]], plain[[0, 2]])
    assert not torch.allclose(noisy[1], plain[1])


def test_a_scale_of_another_version_is_refused(good_parts: Parts) -> None:
    detector = build_detector("supersimple", **QUICK)
    detector.fit(good_parts[:4], seed=0)
    state = dict(detector.state())
    state["scale.middle"], state["scale.width"] = state["scale.middle"][:3], state["scale.width"][:3]
    with pytest.raises(DetectionInputError, match="fit again"):
        build_detector("supersimple", **QUICK).load_state(state)
