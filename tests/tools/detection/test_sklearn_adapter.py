from pathlib import Path

import numpy as np
import pytest
from sklearn.base import clone

from tests.tools.detection.conftest import bad_photo, good_photo
from tools.detection.errors import DetectionInputError
from tools.detection.sklearn_adapter import DetectorEstimator


def test_it_is_an_estimator_and_carries_pyods_attributes(parts: Path) -> None:
    estimator = clone(DetectorEstimator("pixel", contamination=0.1, options={"side_px": 128}))
    photos = [good_photo(seed) for seed in range(40)]
    fitted = estimator.fit(photos)
    assert fitted is estimator
    assert fitted.labels_.mean() < 0.25
    assert len(fitted.decision_scores_) == 40
    new = [good_photo(900 + seed) for seed in range(10)] + [bad_photo(920)]
    assert fitted.predict(new)[:10].mean() > 0.3
    assert fitted.predict(new)[10] == -1
    assert np.array_equal(fitted.decision_function(new) >= 0, fitted.predict(new) == 1)
    assert np.allclose(fitted.score_samples(sorted((parts / "good").iterdir())[:3]), fitted.score_samples(photos[:3]))


def test_wrong_input_is_said(parts: Path) -> None:
    with pytest.raises(DetectionInputError, match="not a single str"):
        DetectorEstimator("pixel").fit("photo.png")  # type: ignore[arg-type]
    with pytest.raises(DetectionInputError, match="too few"):
        DetectorEstimator("pixel").fit([good_photo(1)])
    with pytest.raises(DetectionInputError, match="never fitted"):
        DetectorEstimator("pixel").predict([good_photo(1)])
    with pytest.raises(DetectionInputError, match="contamination"):
        DetectorEstimator("pixel", contamination=2.0).fit([good_photo(i) for i in range(5)])
