from __future__ import annotations

import json
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from tests.tools.detection.conftest import bad_photo, good_photo
from tools.detection.bundle import Bundle
from tools.detection.config import with_overrides
from tools.detection.errors import DetectionInputError
from tools.detection.inspect import InspectOptions, expand, inspect_image, inspect_paths
from tools.detection.profile import Profile, table
from tools.detection.protocol import Prediction
from tools.detection.results import read_results
from tools.vision.errors import ImageError
from tools.vision.images import save_png
from tools.vision.masks import load_mask


def test_bad_parts_are_ng_with_a_region_where_the_scratch_is(bundle: Bundle, parts: Path, tmp_path: Path) -> None:
    records = list(inspect_paths([parts / "bad"], bundle, tmp_path / "o", save_maps=True))
    assert [record.verdict for record in records] == ["ng"] * 6
    record = records[0]
    assert record.score is not None
    assert record.score > record.score_threshold or record.regions
    region = record.regions[0]
    x1, y1, x2, y2 = region.bbox_xyxy
    assert x1 < 118
    assert x2 > 82
    assert y1 < 80 < y2
    assert region.zone in ("bottom_right", "bottom")
    assert region.length_mm == pytest.approx(3.6, rel=0.4)
    assert record.map is not None
    loaded = np.load(record.map)
    assert (loaded.shape, loaded.dtype) == ((96, 128), np.float32)
    assert record.mask is not None
    assert load_mask(record.mask)[79, 100] == 255
    assert record.overlay is not None
    assert Path(record.overlay).is_file()
    lines = (tmp_path / "o" / "results.jsonl").read_text().splitlines()
    assert [json.loads(line)["input"] for line in lines] == [str(p) for p in sorted((parts / "bad").iterdir())]


def test_new_good_parts_are_ok_or_rarely_reviewed(bundle: Bundle, tmp_path: Path) -> None:
    for seed in range(40):
        save_png(tmp_path / "new" / f"{seed}.png", good_photo(5000 + seed))
    verdicts = [record.verdict for record in inspect_paths([tmp_path / "new"], bundle, tmp_path / "o")]
    assert verdicts.count("ng") <= 4
    assert verdicts.count("ok") >= 32


def test_what_cannot_be_judged_is_never_ok(bundle: Bundle) -> None:
    blank = np.full((96, 128, 3), 150, dtype=np.uint8)
    noise = np.random.default_rng(0).integers(0, 255, (96, 128, 3), dtype=np.uint8)
    narrow = np.repeat(good_photo(1)[:, :24], 1, axis=0)
    moved = np.roll(good_photo(1), (18, -22), axis=(0, 1))
    for photo, reason in [(blank, "blank"), (noise, "every good one"), (narrow, "narrower"), (moved, "moved by")]:
        judged = inspect_image(np.ascontiguousarray(photo), bundle)
        assert judged.verdict == "cannot_judge", reason
        assert any(reason in one for one in judged.reasons), judged.reasons
    assert inspect_image(good_photo(777), bundle).verdict in ("ok", "review")


@pytest.mark.parametrize("broken", ["score", "map"])
def test_a_dead_model_never_passes_a_part(bundle: Bundle, broken: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def dead(images: list[np.ndarray]) -> list[Prediction]:
        bad = np.full(images[0].shape[:2], np.nan, dtype=np.float32)
        good = np.zeros(images[0].shape[:2], dtype=np.float32)
        return [Prediction(float("nan") if broken == "score" else 0.0, good if broken == "score" else bad)]

    monkeypatch.setattr(bundle.detector, "predict", dead)
    judged = inspect_image(good_photo(3), bundle)
    assert judged.verdict == "cannot_judge"
    assert judged.mask is None


def test_an_unreadable_photo_stops_the_run_but_keeps_finished_lines(
    bundle: Bundle, parts: Path, tmp_path: Path
) -> None:
    photos = tmp_path / "photos"
    shutil.copytree(parts / "bad", photos)
    (photos / "003.png").write_bytes(b"not a picture")
    with pytest.raises(DetectionInputError, match=r"003\.png .*--continue-on-error"):
        list(inspect_paths([photos], bundle, tmp_path / "o"))
    assert [Path(r.input).name for r in read_results(tmp_path / "o")] == ["000.png", "001.png", "002.png"]
    records = list(inspect_paths([photos], bundle, tmp_path / "o", continue_on_error=True))
    assert len(records) == 6
    assert records[3].verdict == "cannot_judge"
    assert records[3].error is not None
    assert records[3].score is None
    save_png(photos / "003.png", bad_photo(1))  # repaired: the line with the error is replaced
    records = list(inspect_paths([photos], bundle, tmp_path / "o"))
    assert [record.verdict for record in records] == ["ng"] * 6
    assert len(read_results(tmp_path / "o")) == 6


def test_a_run_that_fails_at_once_leaves_no_folder(bundle: Bundle, parts: Path, tmp_path: Path) -> None:
    broken = tmp_path / "broken.png"
    broken.write_bytes(b"no image")
    out, before = tmp_path / "out", tmp_path / "before"
    before.mkdir()
    for folder in (out, before):
        with pytest.raises(DetectionInputError):
            list(inspect_paths([broken], bundle, folder))
    assert not out.exists()
    assert before.exists(), "what was there before is not ours to remove"
    good = sorted((parts / "good").glob("*.png"))[0]
    with pytest.raises(DetectionInputError):
        list(inspect_paths([good, broken], bundle, out))
    assert (out / "results.jsonl").is_file(), "a finished line is kept"


def test_a_changed_photo_is_inspected_again(bundle: Bundle, parts: Path, tmp_path: Path) -> None:
    photos = tmp_path / "photos"
    shutil.copytree(parts / "bad", photos)
    before = list(inspect_paths([photos], bundle, tmp_path / "o"))
    save_png(photos / "000.png", good_photo(9))
    after = list(inspect_paths([photos], bundle, tmp_path / "o"))
    assert after[0].time_utc != before[0].time_utc
    assert after[1:] == before[1:]


def test_results_of_other_settings_are_not_mixed(bundle: Bundle, parts: Path, tmp_path: Path) -> None:
    list(inspect_paths([parts / "bad"], bundle, tmp_path / "o"))
    other = with_overrides(bundle.config, {"defects.min_area": 7})
    with pytest.raises(DetectionInputError, match="another bundle or other settings"):
        list(inspect_paths([parts / "bad"], bundle, tmp_path / "o", config=other))
    fresh = InspectOptions(resume=False)
    records = list(inspect_paths([parts / "bad"], bundle, tmp_path / "o", config=other, options=fresh))
    assert len(read_results(tmp_path / "o")) == 6
    assert records[0].guarantee_met is False  # the promise was made for other settings


def test_rules_decide_what_a_region_means(bundle: Bundle, parts: Path, tmp_path: Path) -> None:
    def verdicts(*rules: str) -> set[str]:
        config = with_overrides(bundle.config, {"acceptance": list(rules)})
        options = InspectOptions(resume=False)
        return {
            r.verdict for r in inspect_paths([parts / "bad"], bundle, tmp_path / "o", config=config, options=options)
        }

    assert verdicts("NG if any defect > 2 mm") == {"ng"}
    assert verdicts("defects up to 9 mm are ok") == {"ok"}
    assert verdicts("NG if any defect > 2 mm in the top left") == {"ng"}  # no rule speaks for the rest
    assert verdicts("review if any defect > 2 mm") == {"review"}


@pytest.mark.parametrize("batch_size", [1, 4, 32])
@pytest.mark.parametrize("num_workers", [0, 3])
def test_batches_and_workers_change_nothing(
    bundle: Bundle, parts: Path, tmp_path: Path, batch_size: int, num_workers: int
) -> None:
    options = InspectOptions(batch_size=batch_size, num_workers=num_workers)
    records = list(inspect_paths([parts / "bad"], bundle, tmp_path / "o", options=options))
    plain = list(inspect_paths([parts / "bad"], bundle, tmp_path / "p"))
    assert [r.input for r in records] == [r.input for r in plain]
    assert np.allclose([r.score for r in records], [r.score for r in plain], rtol=1e-5)  # type: ignore[arg-type]


def test_a_failing_batch_is_tried_one_by_one(
    bundle: Bundle, parts: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    photos = sorted((parts / "good").iterdir())[:4]
    save_png(tmp_path / "odd.png", bad_photo(7))
    whole = bundle.detector.predict

    def fails_on_the_odd_one(images: list[np.ndarray]) -> list[Prediction]:
        if any((image[79, 90] < 20).all() for image in images):
            raise RuntimeError("out of memory")
        return whole(images)

    monkeypatch.setattr(bundle.detector, "predict", fails_on_the_odd_one)
    options = InspectOptions(batch_size=8, num_workers=0, continue_on_error=True)
    records = list(inspect_paths([*photos, tmp_path / "odd.png"], bundle, tmp_path / "o", options=options))
    assert [record.error is None for record in records] == [True] * 4 + [False]
    assert "out of memory" in str(records[4].error)


def test_files_and_folders_each_once(parts: Path, tmp_path: Path) -> None:
    folder = sorted((parts / "bad").iterdir())
    assert expand([folder[2], parts / "bad", str(folder[2])]) == [folder[2], *folder[:2], *folder[3:]]
    with pytest.raises(DetectionInputError, match="no photo was given"):
        expand([])
    (tmp_path / "empty").mkdir()
    with pytest.raises(ImageError, match="no image"):
        expand([tmp_path / "empty"])


def test_profile_has_every_stage_with_percentiles(bundle: Bundle, parts: Path, tmp_path: Path) -> None:
    profile = Profile()
    list(inspect_paths([parts / "bad"], bundle, tmp_path / "o", profile=profile))
    summary = profile.summary()
    assert set(summary["stages"]) == {"decode", "detect", "judge", "write"}
    assert summary["stages"]["detect"]["p50_ms"] <= summary["stages"]["detect"]["p99_ms"]
    assert "6 images" in table(summary)


def test_a_kill_loses_no_finished_line_and_the_rest_follows(bundle_path: Path, tmp_path: Path) -> None:
    for seed in range(60):
        save_png(tmp_path / "new" / f"{seed:03d}.png", good_photo(7000 + seed))
    command = [sys.executable, "-m", "agent.cli.main", "inspect", str(tmp_path / "new"), "--bundle", str(bundle_path)]
    command += ["--out", str(tmp_path / "o"), "--batch-size", "1", "--json"]
    results = tmp_path / "o" / "results.jsonl"
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and process.poll() is None:
        if results.exists() and results.read_bytes().count(b"\n") >= 5:
            break
        time.sleep(0.005)
    process.send_signal(signal.SIGKILL)
    process.wait()
    with results.open("ab") as stream:
        stream.write(b'{"input": "torn')  # what a power cut may leave
    before = read_results(tmp_path / "o")
    assert len(before) >= 5
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert json.loads(done.stdout)["images"] == 60
    after = read_results(tmp_path / "o")
    assert after[: len(before)] == before
    assert len({record.input for record in after}) == len(after) == 60
