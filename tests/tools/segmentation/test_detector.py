from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from tools.detection.bundle import Bundle
from tools.detection.errors import DetectionInputError
from tools.detection.fit import fit_bundle
from tools.detection.inspect import InspectOptions, inspect_paths
from tools.detection.registry import build_detector
from tools.segmentation.detector import log_odds
from tools.segmentation.examples import Example
from tools.segmentation.train import TrainResult
from tools.vision.images import save_png

from .conftest import part


@pytest.fixture(scope="module")
def folders(parts: list[Example], tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    good, bad = tmp_path_factory.mktemp("good"), tmp_path_factory.mktemp("bad")
    for index in range(0, 42, 3):
        save_png(good / f"{index}.png", part(300 + index).image)
    for index in (1, 2):
        save_png(bad / f"{parts[index].label}.png", parts[index].image)
    return good, bad


@pytest.mark.parametrize(("name", "options"), [("unet_tiny", {}), ("fused", {"inner": "pixel"})])
def test_a_report_names_the_class(
    name: str, options: dict[str, str], folders: tuple[Path, Path], trained: TrainResult, tmp_path: Path
) -> None:
    good, bad = folders
    model = {"model": str(trained.model)}
    fit_bundle(good, tmp_path / "b", detector=name, backbone="none", options={**model, **options}, method="split")
    bundle = Bundle.load(tmp_path / "b")
    quiet = InspectOptions(save_overlays=False, num_workers=0)
    records = list(inspect_paths([bad], bundle, tmp_path / "out", options=quiet))
    assert [record.verdict for record in records] == ["ng", "ng"]
    for record in records:
        assert record.regions[0].type == Path(record.input).stem
        assert record.regions[0].type_confidence is not None
        assert record.regions[0].type in record.reasons[0]


def test_a_bundle_does_not_need_the_model_folder(trained: TrainResult, parts: list[Example]) -> None:
    first = build_detector("fused", model=str(trained.model), inner="pixel")
    first.fit([each.image for each in parts if each.is_good], seed=0)
    options = {key: value for key, value in first.config().items() if key != "name"}
    assert "model" not in options
    second = build_detector("fused", **options)
    second.load_state({key: np.atleast_1d(value) for key, value in first.state().items()})
    for one, other in zip(first.predict([parts[1].image]), second.predict([parts[1].image]), strict=True):
        assert one.score == pytest.approx(other.score, rel=1e-5)
        assert np.allclose(one.map, other.map, rtol=1e-4, atol=1e-4)


def test_fused_evidence_is_above_each_detectors_own_on_good_parts(trained: TrainResult, parts: list[Example]) -> None:
    fused = build_detector("fused", model=str(trained.model), inner="pixel")
    fused.fit([each.image for each in parts if each.is_good], seed=0)
    good, bad = (fused.predict([parts[index].image])[0].score for index in (0, 1))
    assert bad > good + 2


def test_bad_choices_say_what_to_do(parts: list[Example], tmp_path: Path) -> None:
    images = [each.image for each in parts if each.is_good]
    with pytest.raises(DetectionInputError, match="option model"):
        build_detector("unet_tiny").fit(images, seed=0)
    with pytest.raises(DetectionInputError, match="segment train"):
        build_detector("unet_tiny", model=str(tmp_path)).fit(images, seed=0)
    with pytest.raises(DetectionInputError, match="inner"):
        build_detector("fused", inner="unet_tiny")
    with pytest.raises(DetectionInputError, match="never fitted"):
        build_detector("unet_tiny").predict(images)


def test_log_odds_stay_finite() -> None:
    odds = log_odds(np.array([[0.0, 0.5, 1.0]], np.float32))
    assert np.isfinite(odds).all()
    assert odds[0, 1] == 0
