"""The job that evolves a Blueprint: what it leaves in the store, how it stops, and what it may spend."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from agent.jobs import client
from agent.settings import Settings
from agent.store.repository import open_store
from tools.blueprint.model import Blueprint
from tools.vision.images import load_image

from .conftest import eventually
from .test_kinds import good_photos

SCRATCH = Blueprint(defect_type="scratch", style={"contrast": 0.02}).model_dump(mode="json")


def arguments(tmp_path: Path, **more: Any) -> dict[str, Any]:
    return {"blueprint": SCRATCH, "good": good_photos(tmp_path / "good", 2), "evaluations": 12, "accept": 1.0, **more}


def run(tmp_path: Path, **more: Any) -> Any:
    return client.wait(client.start("evolve", arguments(tmp_path, **more)), 120)


def test_the_new_version_is_in_the_store(jobs: Settings, tmp_path: Path) -> None:
    store = open_store(jobs)
    chat = store.save_conversation().id
    done = run(tmp_path, conversation_id=chat)
    assert done.state == "done", done.error
    kept = store.get_blueprint(done.id).blueprint()
    assert kept.defect_type == "scratch"
    assert kept.prompt == done.result["prompt"]
    assert done.result["best_score"] >= done.result["start_score"]
    folder = Path(done.result["folder"])
    assert folder.is_relative_to(jobs.data_dir / "evolutions")
    assert load_image(Path(done.result["frontier"])).size
    assert json.loads((folder / "evolution.json").read_text())["members"]


def test_it_can_be_cancelled(jobs: Settings, tmp_path: Path) -> None:
    job_id = client.start("evolve", arguments(tmp_path, evaluations=10_000))
    log = jobs.data_dir / "evolutions"
    eventually(lambda: any(log.rglob("evaluations.jsonl")), 60)
    client.cancel(job_id)
    eventually(lambda: client.status(job_id).state == "cancelled")
    assert not open_store(jobs).list_blueprints()


def test_bad_input_fails_with_a_sentence(jobs: Settings, tmp_path: Path) -> None:
    done = run(tmp_path, blueprint=Blueprint().model_dump(mode="json"))
    assert done.state == "failed"
    assert "needs a defect type" in str(done.error)


@pytest.fixture
def paying(account: Settings) -> Any:
    client.launch(account)
    yield account
    client.shutdown()


def test_pictures_from_fal_stop_it_at_the_budget(paying: Settings, emulator: Any, tmp_path: Path) -> None:
    price = paying.fal_usd_per_megapixel
    poor = run(tmp_path, generator="fal", usd=2 * price)
    assert poor.state == "failed"
    assert "does not pay for the first 4 pictures" in str(poor.error)
    assert emulator.bill()["accepted"] == 0
    done = run(tmp_path, generator="fal", usd=5 * price)
    assert done.state == "done", done.error
    assert done.result["evaluations"] == emulator.bill()["accepted"] == 4
    assert done.result["spent_usd"] == pytest.approx(4 * price)
    assert open_store(paying).spent_usd(job_id=done.id) == pytest.approx(4 * price)
