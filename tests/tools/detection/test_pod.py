from pathlib import Path

import numpy as np
import pytest

from tests.tools.detection.conftest import good_photo
from tools.blueprint.model import Zone
from tools.blueprint.parser import parse
from tools.detection.bundle import Bundle
from tools.detection.errors import DetectionInputError
from tools.detection.pod import PodPlan, Trial, measure_pod
from tools.detection.pod_plot import plot_pod
from tools.vision.images import load_image, save_png


@pytest.fixture(scope="module")
def unseen(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    folder = tmp_path_factory.mktemp("unseen")
    return [save_png(folder / f"{seed}.png", good_photo(8000 + seed)) for seed in range(10)]


def test_larger_defects_are_found_more_often(bundle: Bundle, unseen: list[Path], tmp_path: Path) -> None:
    blueprint = parse("a deep black scratch, 0.1 mm wide, on steel").blueprint
    curve = measure_pod(bundle, unseen, blueprint, PodPlan(0.1, 3.0, 30))
    again = measure_pod(bundle, unseen, blueprint, PodPlan(0.1, 3.0, 30))
    assert curve == again
    assert curve.unit == "mm"
    small, large = curve.trials[:10], curve.trials[-10:]
    assert sum(trial.hit for trial in large) >= max(8, sum(trial.hit for trial in small))
    assert "finds scratches" in curve.words
    picture = load_image(plot_pod([curve], tmp_path / "pod.png"))
    assert picture.std() > 10


def test_the_limit_of_a_line_that_sees_from_1_mm_on(
    bundle: Bundle, unseen: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    rng = np.random.default_rng(0)

    def line(_bundle: object, path: Path, _blueprint: object, size: float, seed: int, _scale: float) -> Trial:
        hit = bool(rng.random() < 1 / (1 + (1.0 / size) ** 8))
        return Trial(size=size, measured=size, hit=hit, verdict="ng" if hit else "ok", photo=path.name, seed=seed)

    monkeypatch.setattr("tools.detection.pod._try", line)
    curve = measure_pod(bundle, unseen, parse("a scratch").blueprint, PodPlan(0.2, 5.0, 120))
    assert curve.reached
    assert curve.a90 == pytest.approx(9 ** (1 / 8), rel=0.25)
    assert curve.a90_95 is not None
    assert curve.words.startswith(f"This line finds scratches from {curve.a90_95:.2g} mm (90 % of them")
    monkeypatch.setattr("tools.detection.pod._try", lambda *a: line(*a[:3], 0.01, *a[4:]))
    blind = measure_pod(bundle, unseen, parse("a scratch").blueprint, PodPlan(0.2, 5.0, 40))
    assert not blind.reached
    assert "does not reliably find scratches up to 5 mm" in blind.words


def test_a_zone_and_its_name_in_words(bundle: Bundle, unseen: list[Path]) -> None:
    blueprint = parse("a deep black scratch, 0.1 mm wide, on steel").blueprint
    curve = measure_pod(bundle, unseen, blueprint, PodPlan(0.5, 2.5, 24), zone=Zone.BOTTOM_RIGHT)
    assert curve.zone == "bottom_right"
    assert "bottom right" in curve.words


def test_photos_that_the_bundle_has_seen_are_refused(bundle: Bundle, parts: Path) -> None:
    seen = sorted((parts / "good").iterdir())
    with pytest.raises(DetectionInputError, match="not seen"):
        measure_pod(bundle, seen, parse("a scratch").blueprint, PodPlan(0.5, 3.0, 20))
    with pytest.raises(DetectionInputError, match="names no defect type"):
        measure_pod(bundle, seen, parse("something").blueprint, PodPlan(0.5, 3.0, 20), allow_seen=True)
    with pytest.raises(DetectionInputError, match="sizes must rise"):
        measure_pod(bundle, seen, parse("a scratch").blueprint, PodPlan(3.0, 0.5, 20), allow_seen=True)
