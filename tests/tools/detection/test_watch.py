import threading
import time
from pathlib import Path

import pytest

from tests.tools.detection.conftest import bad_photo, good_photo
from tools.detection.bundle import Bundle
from tools.detection.errors import DetectionInputError
from tools.detection.records import InspectionRecord
from tools.detection.results import read_results
from tools.detection.watch import WatchOptions, watch_folder
from tools.vision.images import save_png


def test_once_inspects_what_is_there_and_a_restart_nothing_twice(bundle: Bundle, tmp_path: Path) -> None:
    hot = tmp_path / "hot"
    save_png(hot / "a.png", good_photo(1))
    save_png(hot / "b.png", bad_photo(2))
    (hot / "torn.png").write_bytes(b"\x89PNG")
    once = WatchOptions(settle_s=0.0, once=True)
    records = list(watch_folder(hot, bundle, tmp_path / "o", watch=once))
    assert {Path(record.input).name: record.verdict for record in records}["torn.png"] == "cannot_judge"
    assert len(records) == 3
    again = list(watch_folder(hot, bundle, tmp_path / "o", watch=once))
    assert [Path(record.input).name for record in again] == ["torn.png"]  # an error is tried again


def test_new_photos_are_seen_and_sorted_by_verdict(bundle: Bundle, tmp_path: Path) -> None:
    hot = tmp_path / "hot"
    hot.mkdir()
    stop = threading.Event()
    seen: list[InspectionRecord] = []

    def run() -> None:
        options = WatchOptions(settle_s=0.05, sort_into=tmp_path / "sorted")
        for record in watch_folder(hot, bundle, tmp_path / "o", watch=options, stop=stop):
            seen.append(record)

    thread = threading.Thread(target=run)
    thread.start()
    try:
        for number in range(3):
            save_png(hot / f"{number}.png", bad_photo(40 + number))
            time.sleep(0.1)
        deadline = time.monotonic() + 30
        while len(seen) < 3 and time.monotonic() < deadline:
            time.sleep(0.05)
    finally:
        stop.set()
        thread.join(timeout=30)
    assert [record.verdict for record in seen] == ["ng"] * 3
    assert len(list((tmp_path / "sorted" / "ng").iterdir())) == 3
    assert len(read_results(tmp_path / "o")) == 3


def test_results_do_not_go_into_the_watched_folder(bundle: Bundle, tmp_path: Path) -> None:
    with pytest.raises(DetectionInputError, match="lies in the watched folder"):
        next(watch_folder(tmp_path, bundle, tmp_path / "o"))
    with pytest.raises(DetectionInputError, match="is not a folder"):
        next(watch_folder(tmp_path / "none", bundle, tmp_path / "o"))
