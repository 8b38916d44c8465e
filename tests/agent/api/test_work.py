"""Blueprints, conversations, detectors, inspections, data sets, reports and jobs through the API."""

from __future__ import annotations

import io
import json
import zipfile
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient
from langgraph.checkpoint.base import empty_checkpoint

from agent.checkpoints import open_checkpointer
from agent.settings import Settings
from agent.store.datasets import DatasetRow
from agent.store.inspections import ReportRow
from agent.store.repository import open_store
from tools.blueprint.model import Blueprint

from .conftest import png, upload


def finish(api: TestClient, job: dict[str, str]) -> dict[str, object]:
    with api.stream("GET", f"/v1/jobs/{job['id']}/events") as stream:
        lines = [line for line in stream.iter_lines() if line.startswith("data:")]
    states = [json.loads(line[5:])["state"] for line in lines]
    assert states[-1] in ("done", "failed", "cancelled")
    body: dict[str, object] = api.get(f"/v1/jobs/{job['id']}").json()
    return body


def test_a_blueprint_and_its_versions(api: TestClient) -> None:
    document = Blueprint(defect_type="scratch", material="steel").model_dump(mode="json")
    made = api.post("/v1/blueprints", json={"blueprint": document, "name": "mine"})
    assert made.status_code == 201
    key = made.json()["id"]
    changed = api.patch(f"/v1/blueprints/{key}", json={"changes": {"geometry.length_mm": {"min": 4, "max": 6}}})
    assert changed.json()["version"] == 2
    assert changed.json()["blueprint"]["origin"]["geometry.length_mm"] == "edited"
    late = api.patch(f"/v1/blueprints/{key}", json={"changes": {"severity": "minor"}, "expected_version": 1})
    assert late.status_code == 409
    for wrong in (
        {"geometry.nothing": 1},
        {"severity": "awful"},
        {"geometry.length_mm": {"min": 6, "max": 4}},
        {"a.b": 1},
    ):
        assert api.patch(f"/v1/blueprints/{key}", json={"changes": wrong}).status_code in (400, 422)
    assert [each["version"] for each in api.get(f"/v1/blueprints/{key}/versions").json()] == [1, 2]
    assert api.get(f"/v1/blueprints/{key}?version=1").json()["blueprint"]["geometry"]["length_mm"] is None
    assert api.get("/v1/blueprints?defect_type=scratch").json()["items"][0]["id"] == key
    assert api.delete(f"/v1/blueprints/{key}").status_code == 204
    assert api.get(f"/v1/blueprints/{key}").status_code == 404


def test_a_conversation(api: TestClient) -> None:
    chat = api.post("/v1/conversations", json={"title": "t"}).json()["id"]
    said = api.post(
        f"/v1/conversations/{chat}/messages",
        data={"text": "a scratch"},
        files=[("files", ("Part 7 (left).PNG", png(), "image/png"))],
    ).json()["events"]
    assert [each["kind"] for each in said] == ["text", "blueprint", "text", "lineup"]
    left = said[-1]["left"]
    assert left["path"].startswith("/v1/artifacts/")
    picture = api.get(left["path"])
    assert picture.headers["content-type"] == "image/png"
    chosen = api.post(f"/v1/conversations/{chat}/choices", json={"choice": "1"}).json()["events"]
    assert chosen[0]["text"] == "Noted: 1."
    whole = api.get(f"/v1/conversations/{chat}").json()
    assert [each["role"] for each in whole["messages"]] == ["user", "assistant", "user", "assistant"]
    assert "part-7-left.png" not in json.dumps(whole["messages"][0])
    assert whole["messages"][0]["events"][0]["files"][0].startswith("/v1/artifacts/")
    assert api.get("/v1/conversations").json()["items"][0]["id"] == chat
    assert api.delete(f"/v1/conversations/{chat}").status_code == 204


def test_a_deleted_conversation_is_forgotten(api: TestClient, settings: Settings) -> None:
    chat, other = (api.post("/v1/conversations", json={}).json()["id"] for _ in range(2))
    saver = open_checkpointer(settings)
    for thread in (chat, other):
        where: Any = {"configurable": {"thread_id": thread, "checkpoint_ns": ""}}
        saver.put(where, empty_checkpoint(), {}, {})
    assert api.delete(f"/v1/conversations/{chat}").status_code == 204
    assert saver.get({"configurable": {"thread_id": chat}}) is None
    assert saver.get({"configurable": {"thread_id": other}}) is not None


def test_a_conversation_as_a_stream_and_its_errors(api: TestClient, settings: Settings) -> None:
    chat = api.post("/v1/conversations", json={}).json()["id"]
    with api.stream("POST", f"/v1/conversations/{chat}/messages?stream=true", data={"text": "export"}) as stream:
        assert stream.headers["content-type"].startswith("text/event-stream")
        lines = list(stream.iter_lines())
    assert lines[0] == "event: files"
    folder = json.loads(lines[1][6:])["files"][0]
    archive = zipfile.ZipFile(io.BytesIO(api.get(folder).content))
    assert archive.namelist() == ["a.png", "card.md"]
    for text, words in (("bad", "that cannot be"), ("bug", "Something broke inside")):
        events = api.post(f"/v1/conversations/{chat}/messages", data={"text": text}).json()["events"]
        assert events[0]["kind"] == "error"
        assert words in events[0]["text"]
        assert "secret detail" not in events[0]["text"]
    bad = api.post(f"/v1/conversations/{chat}/messages", files=[("files", ("a.png", b"no", "image/png"))])
    assert bad.status_code == 400
    assert api.post("/v1/conversations/nothing/messages", data={"text": "x"}).status_code == 404


def test_links_are_signed(api: TestClient, settings: Settings) -> None:
    chat = api.post("/v1/conversations", json={}).json()["id"]
    events = api.post(f"/v1/conversations/{chat}/messages", data={"text": "scratch"}).json()["events"]
    link = events[-1]["left"]["path"]
    assert api.get(link).status_code == 200
    for wrong in (
        link[:-1] + ("A" if link[-1] != "A" else "B"),
        "/v1/artifacts/x",
        "/v1/artifacts/..%2f..%2fetc%2fpasswd",
    ):
        assert api.get(wrong).status_code == 404
    context = api.app.state.context  # type: ignore[attr-defined]
    for name in ("redrabbit.db", "links.secret"):
        assert api.get(context.artifacts.link(settings.data_dir / name)).status_code == 404
    assert context.artifacts.link(Path("/etc/passwd")) is None


def test_fit_and_inspect(api: TestClient) -> None:
    good = upload(api, 6)
    body = {"good": good, "detector": "pixel", "name": "line 3"}
    job = api.post("/v1/detectors", json=body, headers={"idempotency-key": "k"})
    assert job.status_code == 202
    assert api.post("/v1/detectors", json=body, headers={"idempotency-key": "k"}).json()["id"] == job.json()["id"]
    done = finish(api, job.json())
    assert done["state"] == "done", done
    detector = api.get("/v1/detectors").json()["items"]
    assert len(detector) == 1
    answer = api.post(
        "/v1/inspect?wait=30",
        data={"detector_id": detector[0]["id"]},
        files=[("files", ("part.png", png(0), "image/png")), ("files", ("other.png", png(1), "image/png"))],
    )
    assert answer.status_code == 200, answer.text
    found = answer.json()["inspections"]
    assert [each["input"] for each in found] == ["good 0.png", "good 1.png"]
    assert {each["verdict"] for each in found} <= {"ok", "review", "ng"}
    assert str(Path.home()) not in answer.text
    assert "/data/" not in answer.text
    one = api.get(f"/v1/inspections/{found[0]['id']}").json()
    assert one["verdict"] == found[0]["verdict"]
    assert len(api.get("/v1/inspections", params={"detector_id": detector[0]["id"]}).json()["items"]) == 2
    later = api.post(
        "/v1/inspect", data={"detector_id": detector[0]["id"]}, files=[("files", ("p.png", png(2), "image/png"))]
    )
    assert later.status_code == 202
    assert finish(api, later.json())["state"] == "done"
    assert (
        api.post("/v1/inspect", data={"detector_id": "x"}, files=[("files", ("p.png", png(), "image/png"))]).status_code
        == 404
    )
    job = api.post(f"/v1/inspections/{found[0]['id']}/report?wait=60", json={"language": "de"})
    assert job.status_code == 200, job.text
    assert job.json()["state"] == "done", job.text
    report = job.json()["result"]["report_id"]
    assert api.get(f"/v1/reports/{report}").json()["language"] == "de"
    for form, start in (("html", b"<!"), ("pdf", b"%PDF"), ("md", b"#")):
        answer = api.get(f"/v1/reports/{report}?format={form}")
        assert answer.status_code == 200, form
        assert answer.content.lstrip().startswith(start)
    assert "sandbox" in api.get(f"/v1/reports/{report}?format=html").headers["content-security-policy"]
    assert api.post("/v1/inspections/x/report", json={}).status_code == 404
    assert api.delete(f"/v1/detectors/{detector[0]['id']}").status_code == 204


def test_data_sets(api: TestClient, settings: Settings, tmp_path: Path) -> None:
    folder = settings.data_dir / "datasets" / "one"
    folder.mkdir(parents=True)
    (folder / "card.md").write_text("# card\n")
    row = open_store(settings).save_dataset(DatasetRow(path=str(folder), n_images=3))
    assert api.get("/v1/datasets").json()["items"][0]["n_images"] == 3
    packed = api.get(f"/v1/datasets/{row.id}/zip")
    assert zipfile.ZipFile(io.BytesIO(packed.content)).namelist() == ["card.md"]
    missing = api.post("/v1/datasets", json={"blueprint_id": "x", "good": ["y"], "count": 1})
    assert missing.status_code == 404
    assert api.delete(f"/v1/datasets/{row.id}").status_code == 204
    assert api.get(f"/v1/datasets/{row.id}/zip").status_code == 404


def test_jobs_can_be_cancelled_and_listed(api: TestClient) -> None:
    from agent.jobs import client

    job_id = client.start("probe", {"steps": 1000, "seconds_per_step": 0.1})
    assert api.post(f"/v1/jobs/{job_id}/cancel").json()["state"] == "cancelled"
    assert api.get("/v1/jobs").json()[0]["id"] == job_id
    assert api.get("/v1/jobs?kind=sculpt").json() == []


def test_reports_as_json(api: TestClient, settings: Settings) -> None:
    row = open_store(settings).save_report(ReportRow(document={"verdict": "ok"}))
    assert api.get(f"/v1/reports/{row.id}").json() == {"verdict": "ok"}
    assert api.get(f"/v1/reports/{row.id}?format=pdf").status_code == 404
    assert api.get("/v1/reports").json()["items"][0]["id"] == row.id


def test_knowledge(api: TestClient) -> None:
    pytest.importorskip("knowledge.index")
    hits = api.post("/v1/knowledge/ask", json={"query": "porosity in castings", "k": 3}).json()
    assert len(hits) == 3
    assert hits[0]["text"]
