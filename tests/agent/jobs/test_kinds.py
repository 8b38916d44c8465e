"""The real jobs on small pictures: fit, inspect, export, and what they leave in the store."""

from __future__ import annotations

import json
import subprocess
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from agent.jobs import client
from agent.jobs.zip import zip_folder, zip_stream
from agent.settings import Settings
from agent.store.datasets import DatasetRow
from agent.store.repository import open_store
from tools.vision.images import save_png

from .conftest import eventually

VOID = {
    "defect_type": "void",
    "geometry": {"diameter_mm": {"min": 0.6, "max": 1.0}},
    "count": {"min": 1, "max": 1},
    "mm_per_px": 0.1,
}
PIXEL = {"detector": "pixel", "seed": 3}


def good_photos(folder: Path, count: int = 6) -> list[str]:
    rng = np.random.default_rng(5)
    paths = []
    for number in range(count):
        image = (120 + rng.normal(0, 4, (96, 96, 3))).clip(0, 255).astype(np.uint8)
        paths.append(str(save_png(folder / f"good-{number}.png", image)))
    return paths


def run(kind: str, arguments: dict[str, object]) -> dict[str, object]:
    done = client.wait(client.start(kind, arguments), 120)
    assert done.state == "done", done.error
    assert done.result is not None
    return done.result


def test_fit_then_inspect(jobs: Settings, tmp_path: Path) -> None:
    store = open_store(jobs)
    chat = store.save_conversation().id
    fitted = run("fit", {"good": good_photos(tmp_path / "good"), "conversation_id": chat, **PIXEL})
    detector = store.get_detector(str(fitted["detector_id"]))
    assert (detector.kind, detector.n_good, detector.conversation_id) == ("pixel", 6, chat)
    assert Path(detector.path).is_relative_to(jobs.data_dir / "bundles")

    photo = tmp_path / "good" / "good-0.png"
    (tmp_path / "text.png").write_text("not an image")
    inspected = run(
        "inspect", {"paths": [str(photo), str(tmp_path / "text.png")], "detector_id": detector.id, "save_maps": True}
    )
    rows = sorted(store.list_inspections(job_id=Path(str(inspected["path"])).name), key=lambda row: row.position)
    assert rows[0].verdict in ("ok", "review")
    assert rows[1].verdict == "cannot_judge"
    assert [row.id for row in rows] == inspected["inspection_ids"]
    assert rows[0].detector_id == detector.id
    assert rows[0].score is not None
    lines = [json.loads(line) for line in Path(str(inspected["results"])).read_text().splitlines()]
    assert [line["verdict"] for line in lines] == [row.verdict for row in rows]


def test_sculpt_and_export_in_another_layout(jobs: Settings, tmp_path: Path) -> None:
    arguments: dict[str, object] = {"blueprint": VOID, "good": good_photos(tmp_path / "good"), "count": 4, "seed": 1}
    made = run("sculpt", arguments)
    store = open_store(jobs)
    row = store.get_dataset(str(made["dataset_id"]))
    assert (row.n_images, row.seed, row.layout) == (4, 1, "mvtec")
    assert row.blueprint_version_id is not None
    lineage = (Path(row.path) / "lineage.jsonl").read_text().splitlines()
    assert sum(1 for line in lineage if json.loads(line)["mask"]) == 4
    packed = run("export", {"dataset_id": row.id, "layout": "coco"})
    with zipfile.ZipFile(str(packed["path"])) as archive:
        assert any(name.endswith(".json") for name in archive.namelist())


@pytest.mark.slow
def test_a_set_whose_worker_is_killed_is_the_set_of_one_that_is_not(
    watching: Settings, start_worker: Callable[[], subprocess.Popen[str]], tmp_path: Path
) -> None:
    arguments: dict[str, object] = {"blueprint": VOID, "good": good_photos(tmp_path / "good"), "count": 60, "seed": 2}
    first = start_worker()
    job_id = client.start("sculpt", arguments)
    eventually(lambda: client.status(job_id).fraction > 0.1, 60)
    first.kill()
    first.wait()
    assert client.status(job_id).state == "running"
    start_worker()
    done = client.wait(job_id, 120)
    assert (done.state, done.error) == ("done", None)
    again = run("sculpt", arguments)
    assert done.result is not None
    one, two = Path(done.result["path"]), Path(str(again["path"]))
    pictures = sorted(path.relative_to(one) for path in one.rglob("*.png"))
    assert pictures == sorted(path.relative_to(two) for path in two.rglob("*.png"))
    assert all((one / name).read_bytes() == (two / name).read_bytes() for name in pictures)
    assert len(open_store(watching).list_datasets()) == 2


def test_inputs_that_cannot_be_used_are_one_sentence(jobs: Settings, tmp_path: Path) -> None:
    one = good_photos(tmp_path / "one", 1)
    failed = client.wait(client.start("fit", {"good": one, **PIXEL}), 60)
    assert failed.state == "failed"
    assert failed.error is not None
    assert "good photo" in failed.error
    failed = client.wait(client.start("inspect", {"paths": one}), 60)
    assert failed.error == "nothing to inspect with; give a detector_id or a bundle"
    failed = client.wait(client.start("inspect", {"paths": one, "detector_id": "x"}), 60)
    assert failed.error is not None
    assert failed.error.startswith("there is no detector")
    failed = client.wait(client.start("export", {"dataset_id": "x"}), 60)
    assert failed.error is not None
    assert failed.error.startswith("there is no data set")


def test_export_packs_a_folder(jobs: Settings, tmp_path: Path) -> None:
    folder = tmp_path / "set"
    good_photos(folder / "train" / "good", 2)
    (folder / "card.md").write_text("# card\n")
    row = open_store(jobs).save_dataset(DatasetRow(path=str(folder)))
    packed = run("export", {"dataset_id": row.id})
    with zipfile.ZipFile(str(packed["path"])) as archive:
        assert archive.testzip() is None
        assert archive.namelist() == ["card.md", "train/good/good-0.png", "train/good/good-1.png"]


def test_the_same_folder_gives_the_same_bytes(tmp_path: Path) -> None:
    good_photos(tmp_path / "set")
    first = b"".join(zip_stream(tmp_path / "set"))
    assert zip_folder(tmp_path / "set", tmp_path / "out.zip").read_bytes() == first


@pytest.mark.parametrize("kind", ["sculpt", "fit", "inspect", "export"])
def test_every_kind_is_a_workflow(jobs: Settings, kind: str) -> None:
    from dbos._dbos import _get_or_create_dbos_registry

    assert kind in _get_or_create_dbos_registry().workflow_info_map
