"""The subspace bundle is small, and its score is a ratio to typical good patches."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from tools.detection.registry import build_detector


def test_state_is_far_below_a_megabyte_and_typical_patches_score_about_one(good_parts: list[NDArray[np.uint8]]) -> None:
    detector = build_detector("subspace", side_px=96, top_share=1.0)
    detector.fit(good_parts, seed=0)
    assert sum(values.nbytes for values in detector.state().values()) < 200_000
    assert 0.7 < np.mean([found.score for found in detector.predict(good_parts)]) < 1.1
