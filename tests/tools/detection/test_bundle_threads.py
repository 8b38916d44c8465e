"""One bundle, several jobs at once: the detector works for one at a time, and each gets its own photo's score."""

from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tools.detection.bundle import Bundle
from tools.detection.fit import fit_bundle
from tools.vision.images import save_png


def test_jobs_that_share_a_bundle_take_turns(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(5)
    photos = [rng.integers(90, 130, (48, 48, 3), dtype=np.uint8) for _ in range(12)]
    paths = [save_png(tmp_path / "good" / f"{number}.png", photo) for number, photo in enumerate(photos)]
    fit_bundle(paths, tmp_path / "bundle", detector="pixel", seed=0)
    bundle = Bundle.load(tmp_path / "bundle")
    alone = [bundle.predict([photo])[0].score for photo in photos]
    inside, most, real, lock = 0, 0, type(bundle.detector).predict, threading.Lock()

    def watched(detector: Any, images: Any) -> Any:
        nonlocal inside, most
        with lock:
            inside += 1
            most = max(most, inside)
        time.sleep(0.005)
        found = real(detector, images)
        with lock:
            inside -= 1
        return found

    monkeypatch.setattr(type(bundle.detector), "predict", watched)
    with ThreadPoolExecutor(4) as pool:
        together = list(pool.map(lambda photo: bundle.predict([photo])[0].score, photos))
    assert together == alone
    assert most == 1
