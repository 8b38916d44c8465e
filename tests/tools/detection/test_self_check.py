from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np

from tools.detection.fit import fit_bundle
from tools.detection.self_check import Drawn, check_on_drawn, words


def test_counts_and_words(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    for number in range(6):
        image = np.clip(rng.normal(128, 3, (96, 96, 3)), 0, 255).astype(np.uint8)
        cv2.imwrite(str(tmp_path / f"{number}.png"), image)
    bundle = fit_bundle(tmp_path, tmp_path / "bundle", detector="pixel", backbone="none", folds=2)
    photos = sorted(tmp_path.glob("*.png"))
    found = check_on_drawn(bundle, photos, each=1, seed=0)
    assert found
    assert all(one.drawn == one.ng + one.review + one.ok == 1 for one in found.values())
    assert found == check_on_drawn(bundle, photos, each=1, seed=0)


def test_weak_types_are_named() -> None:
    said = words({"crack": Drawn(drawn=2, ng=0, review=0, ok=2), "hole": Drawn(drawn=2, ng=2, review=0, ok=0)})
    assert "Of 4 drawn defects 2" in said
    assert "Weak on: crack" in said
