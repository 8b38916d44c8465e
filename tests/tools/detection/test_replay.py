import json
import shutil
from pathlib import Path

from tests.tools.detection.conftest import bad_photo, good_photo
from tools.detection.bundle import Bundle
from tools.detection.config import parse_config
from tools.detection.fit import fit_bundle
from tools.detection.replay import compare_bundles, replay
from tools.detection.validate import passed, validate
from tools.vision.images import save_png


def test_archived_photos_give_the_scores_they_had(bundle: Bundle) -> None:
    found = replay(bundle)
    assert found.same
    assert len(found.photos) == 6
    assert found.largest_difference == 0.0


def test_another_score_is_found_even_where_hashes_are_right(bundle_path: Path, tmp_path: Path) -> None:
    import hashlib

    copy = tmp_path / "copy"
    shutil.copytree(bundle_path, copy)
    samples = copy / "samples" / "samples.json"
    scores = json.loads(samples.read_text())
    scores["0000.png"]["score"] += 1.0
    samples.write_text(json.dumps(scores))
    manifest = json.loads((copy / "bundle.json").read_text())
    manifest["files"]["samples/samples.json"] = hashlib.sha256(samples.read_bytes()).hexdigest()
    (copy / "bundle.json").write_text(json.dumps(manifest))
    assert not replay(Bundle.load(copy)).same
    issues = validate(copy)
    assert not passed(issues)
    assert [issue.code for issue in issues if issue.severity == "error"] == ["REPLAY_DIFFERS"]


def test_the_gate_between_two_bundles(bundle: Bundle, parts: Path, tmp_path: Path) -> None:
    for seed in range(20):
        save_png(tmp_path / "p" / f"good{seed}.png", good_photo(6000 + seed))
    for seed in range(5):
        save_png(tmp_path / "p" / f"bad{seed}.png", bad_photo(6100 + seed))
    photos = sorted((tmp_path / "p").iterdir())
    assert compare_bundles(bundle, bundle, photos).passed
    blind = fit_bundle(
        parts / "good", tmp_path / "b", detector="pixel", backbone="none", folds=2,
        config=parse_config({"defects": {"roi_xyxy_norm": [0, 0, 1, 0.5]}, "mm_per_px": 0.1}),
    )  # fmt: skip
    blind.manifest = blind.manifest.model_copy(
        update={"calibration": blind.calibration.model_copy(update={"score_threshold": 1e9, "score_review": 1e9})}
    )
    found = compare_bundles(bundle, blind, photos)
    assert not found.passed
    assert found.escapes >= 5
    assert f"{found.escapes} from NG to OK" in found.words
