from pathlib import Path

import numpy as np
import pytest

from tests.tools.detection.conftest import good_photo
from tools.detection.bundle import Bundle
from tools.detection.config import parse_config
from tools.detection.errors import DetectionInputError
from tools.detection.fit import StoppedError, fit_bundle
from tools.vision.errors import ImageError
from tools.vision.images import save_png


def test_a_bundle_holds_everything_and_keeps_its_promise(bundle: Bundle, bundle_path: Path) -> None:
    limits = bundle.calibration
    assert limits.guarantee_met
    assert limits.held_out == 70
    assert limits.rate_upper_bound <= 0.05
    assert limits.score_review <= limits.score_threshold
    names = {path.relative_to(bundle_path).as_posix() for path in bundle_path.rglob("*") if path.is_file()}
    assert names >= {"bundle.json", "weights.safetensors", "calibration_card.md", "environment.json"}
    assert set(bundle.manifest.files) == names - {"bundle.json"}
    assert "Promise met: **yes**" in (bundle_path / "calibration_card.md").read_text()


def test_the_same_photos_and_seed_give_the_same_bundle(bundle: Bundle, parts: Path, tmp_path: Path) -> None:
    again = fit_bundle(
        parts / "good",
        tmp_path / "b",
        detector="pixel",
        backbone="none",
        config=parse_config({"mm_per_px": 0.1}),
        folds=3,
    )
    assert again.bundle_id == bundle.bundle_id


def test_too_few_photos_say_how_many_more(tmp_path: Path) -> None:
    for seed in range(20):
        save_png(tmp_path / "good" / f"{seed}.png", good_photo(seed))
    limits = fit_bundle(tmp_path / "good", tmp_path / "b", detector="pixel", backbone="none", folds=3).calibration
    assert not limits.guarantee_met
    assert limits.more_good_needed == 39
    assert limits.words.startswith("39 more good parts are needed")
    assert limits.rate_upper_bound > 0.05


def test_split_keeps_the_detector_away_from_its_judges(parts: Path, tmp_path: Path) -> None:
    limits = fit_bundle(parts / "good", tmp_path / "b", detector="pixel", backbone="none", method="split").calibration
    assert (limits.method, limits.held_out) == ("split", 28)


def test_a_stop_or_a_bad_photo_leaves_nothing_behind(tmp_path: Path) -> None:
    for seed in range(4):
        save_png(tmp_path / "good" / f"{seed}.png", good_photo(seed))
    with pytest.raises(StoppedError):
        fit_bundle(tmp_path / "good", tmp_path / "b", detector="pixel", backbone="none", should_stop=lambda: True)
    (tmp_path / "good" / "torn.png").write_bytes(b"\x89PNG")
    with pytest.raises(ImageError, match=r"torn\.png"):
        fit_bundle(tmp_path / "good", tmp_path / "b", detector="pixel", backbone="none")
    assert {path.name for path in tmp_path.iterdir()} == {"good"}
    made = fit_bundle(tmp_path / "good", tmp_path / "b", detector="pixel", backbone="none", skip_unreadable=True)
    assert "torn.png" in made.manifest.good.skipped[0]


def test_duplicates_do_not_vouch_for_themselves(tmp_path: Path) -> None:
    photo = good_photo(0)
    for name in "abc":
        save_png(tmp_path / "good" / f"{name}.png", photo)
    with pytest.raises(DetectionInputError, match="1 usable good photo of 3"):
        fit_bundle(tmp_path / "good", tmp_path / "b", detector="pixel", backbone="none")


def test_a_folder_that_is_no_bundle_is_never_replaced(parts: Path, tmp_path: Path) -> None:
    (tmp_path / "b").mkdir()
    (tmp_path / "b" / "thesis.txt").write_text("years of work")
    with pytest.raises(DetectionInputError, match="is not a bundle"):
        fit_bundle(parts / "good", tmp_path / "b", detector="pixel", backbone="none", folds=2)
    assert (tmp_path / "b" / "thesis.txt").exists()


def test_a_changed_or_newer_bundle_is_refused(bundle_path: Path, tmp_path: Path) -> None:
    import shutil

    copy = tmp_path / "copy"
    shutil.copytree(bundle_path, copy)
    weights = copy / "weights.safetensors"
    data = bytearray(weights.read_bytes())
    data[-1] ^= 1
    weights.write_bytes(data)
    with pytest.raises(DetectionInputError, match=r"weights\.safetensors of the bundle copy was changed"):
        Bundle.load(copy)
    manifest = copy / "bundle.json"
    manifest.write_text(manifest.read_text().replace('"schema_version": 1', '"schema_version": 99', 1))
    with pytest.raises(DetectionInputError, match="schema_version 99"):
        Bundle.load(copy)
    with pytest.raises(DetectionInputError, match="is not a bundle"):
        Bundle.load(tmp_path)


def test_a_loaded_bundle_scores_as_the_fitted_detector_did(bundle: Bundle) -> None:
    import json

    assert bundle.path is not None
    from tools.vision.images import load_image

    scores = json.loads((bundle.path / "samples" / "samples.json").read_text())
    for name, entry in scores.items():
        found = bundle.predict([load_image(bundle.path / "samples" / name)])[0]
        assert np.isclose(found.score, entry["score"], rtol=1e-6)


def test_settings_that_fit_cannot_honour_are_refused_at_once(parts: Path, tmp_path: Path) -> None:
    for data, message in [
        ({"defects": {"pixel_threshold_strategy": "infer_config"}}, "fit has none yet"),
        ({"acceptance": ["no scrachs"]}, "did you mean 'scratch"),
    ]:
        with pytest.raises(DetectionInputError, match=message):
            fit_bundle(parts / "good", tmp_path / "b", detector="pixel", backbone="none", config=parse_config(data))
    assert not (tmp_path / "b").exists()


def test_photos_of_one_part_can_be_named_by_a_pattern(tmp_path: Path) -> None:
    for seed in range(20):
        save_png(tmp_path / "good" / f"part{seed // 2:02d}_shot{seed % 2}.png", good_photo(seed))
    common = {"detector": "pixel", "backbone": "none", "folds": 3}
    made = fit_bundle(tmp_path / "good", tmp_path / "b", group_by=r"part(\d+)", **common)  # type: ignore[arg-type]
    assert (made.calibration.held_out, made.calibration.held_out_photos) == (10, 20)
    for pattern, message in [("(", "no regular expression"), (r"piece(\d+)", "finds no group"), ("(part)", "one part")]:
        with pytest.raises(DetectionInputError, match=message):
            fit_bundle(tmp_path / "good", tmp_path / "c", group_by=pattern, **common)  # type: ignore[arg-type]
