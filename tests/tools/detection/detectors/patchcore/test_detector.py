"""A bundle of an older PatchCore says what to do, in one line."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from safetensors.numpy import load, save_file

from tools.detection.bundle import Bundle
from tools.detection.errors import DetectionInputError
from tools.detection.fit import fit_bundle
from tools.detection.registry import build_detector
from tools.vision.images import save_png


def test_a_bundle_without_scale_says_fit_again(good_parts: list[NDArray[np.uint8]], tmp_path: Path) -> None:
    for number, image in enumerate(good_parts[:4]):
        save_png(tmp_path / "good" / f"{number}.png", image)
    options = {"side_px": 64, "coreset": 50}
    bundle = tmp_path / "line"
    fit_bundle(tmp_path / "good", bundle, detector="patchcore", options=options, folds=2, seed=0)
    weights, manifest = bundle / "weights.safetensors", bundle / "bundle.json"
    state = load(weights.read_bytes())
    del state["scale"]
    save_file(state, weights)
    told = json.loads(manifest.read_text())
    told["files"]["weights.safetensors"] = hashlib.sha256(weights.read_bytes()).hexdigest()
    manifest.write_text(json.dumps(told))
    with pytest.raises(DetectionInputError) as caught:
        Bundle.load(bundle).predict(good_parts[:1])
    said = str(caught.value)
    assert "\n" not in said
    assert "lacks scale" in said
    assert said.endswith("fit again: redrabbit fit --good GOOD --detector patchcore --out BUNDLE")


def test_a_memory_whose_scale_is_of_other_features_says_fit_again(good_parts: list[NDArray[np.uint8]]) -> None:
    detector = build_detector("patchcore", side_px=64, coreset=50)
    detector.fit(good_parts[:3], seed=0)
    state = dict(detector.state())
    state["scale"] = state["scale"][:-1]
    with pytest.raises(DetectionInputError, match="fit again"):
        detector.load_state(state)
