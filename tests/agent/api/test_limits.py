"""Too much is refused with the time to come back: requests of a key, jobs that wait, bytes of JSON."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlalchemy.exc import OperationalError

from agent.api.app import create_app
from agent.api.door import COUNT_EVERY_S
from agent.jobs import client as jobs
from agent.settings import Settings
from agent.store.detectors import DetectorRow
from agent.store.inspections import InspectionRow
from agent.store.repository import open_store
from tools.blueprint.model import Blueprint

from .conftest import BASE, png, upload


@pytest.fixture
def crowded(settings: Settings) -> Iterator[TestClient]:
    """A server on which two jobs may wait, and nobody works."""
    app = create_app(settings.model_copy(update={"jobs_waiting": 2}), page=False, work=False)
    with TestClient(app, base_url=BASE, raise_server_exceptions=False) as client:
        yield client


def refused(answer: Any, status: int) -> str:
    """The detail of a refusal that says when to come back."""
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    assert int(answer.headers["retry-after"]) > 0
    return str(answer.json()["detail"])


def test_a_key_that_is_used_too_often_gets_429(settings: Settings) -> None:
    outside = settings.model_copy(update={"host": "0.0.0.0", "requests_per_minute": 3})
    store = open_store(settings)
    _, busy = store.create_key("busy", ("read", "write"))
    _, other = store.create_key("other", ("read",))
    with TestClient(create_app(outside, page=False, work=False), base_url="http://plant.example") as api:
        keyed = {"authorization": f"Bearer {busy}"}
        assert [api.get("/v1/blueprints", headers=keyed).status_code for _ in range(3)] == [200] * 3
        assert "'busy' is used more than 3 times a minute" in refused(api.get("/v1/blueprints", headers=keyed), 429)
        assert "3 times" in refused(api.post("/mcp", json={}, headers=keyed), 429)
        assert api.get("/v1/blueprints", headers={"authorization": f"Bearer {other}"}).status_code == 200
        buckets = api.app.state.keys._buckets  # type: ignore[attr-defined]
        for name, (left, at) in buckets.items():
            buckets[name] = (left, at - 20.0)  # a third of a minute later there is room for one more
        assert api.get("/v1/blueprints", headers=keyed).status_code == 200
        refused(api.get("/v1/blueprints", headers=keyed), 429)


def test_new_jobs_get_503_while_too_many_wait(crowded: TestClient, settings: Settings) -> None:
    store = open_store(settings)
    detector = store.save_detector(DetectorRow(name="d", kind="pixel", path="nowhere"))
    inspection = store.save_inspection(
        InspectionRow(input="a.png", verdict="ok", score=0.0, score_threshold=1.0, record={})
    )
    blueprint = store.save_blueprint(Blueprint(defect_type="scratch")).blueprint_id
    good = upload(crowded, 1)
    cancelled = jobs.start("probe", {})
    jobs.cancel(cancelled)
    first = crowded.post("/v1/detectors", json={"good": good}, headers={"idempotency-key": "mine"})
    assert first.status_code == 202
    jobs.start("probe", {})
    photo = [("files", ("p.png", png(7), "image/png"))]
    asked: dict[str, dict[str, Any]] = {
        "/v1/inspect": {"data": {"detector_id": detector.id}, "files": photo},
        "/v1/detectors": {"json": {"good": good}},
        "/v1/datasets": {"json": {"blueprint_id": blueprint, "good": good, "count": 1}},
        f"/v1/blueprints/{blueprint}/evolve": {"json": {"good": good}},
        f"/v1/inspections/{inspection.id}/report": {"json": {}},
        f"/v1/jobs/{cancelled}/retry": {"json": {}},
    }
    for path, request in asked.items():
        assert "2 jobs are waiting already" in refused(crowded.post(path, **request), 503), path
    assert len(crowded.get("/v1/images").json()["items"]) == 1  # nothing of a refused request is kept
    again = crowded.post("/v1/detectors", json={"good": good}, headers={"idempotency-key": "mine"})
    assert (again.status_code, again.json()["id"]) == (202, first.json()["id"])
    jobs.cancel(first.json()["id"])
    time.sleep(2 * COUNT_EVERY_S)  # the door counts four times a second
    assert crowded.post("/v1/inspect", **asked["/v1/inspect"]).status_code == 202


def test_pictures_of_a_data_set_do_not_fill_the_waiting_room(crowded: TestClient) -> None:
    part = {"blueprint": Blueprint(defect_type="scratch"), "photos": ["a.png"], "seed": 1, "paid_by": "x"}
    for _ in range(3):
        jobs.start("inpaint", part)
    assert jobs.count_open() == 3
    assert crowded.post("/v1/detectors", json={"good": upload(crowded, 1)}).status_code == 202


def test_one_idempotency_key_is_one_request(crowded: TestClient) -> None:
    good, key = upload(crowded, 2), {"idempotency-key": "k"}
    first = crowded.post("/v1/detectors", json={"good": good[:1]}, headers=key)
    assert crowded.post("/v1/detectors", json={"good": good[:1]}, headers=key).json()["id"] == first.json()["id"]
    other = crowded.post("/v1/detectors", json={"good": good}, headers=key)
    assert other.status_code == 409
    assert "Idempotency-Key" in other.json()["detail"]


def test_without_jobs_the_answer_says_when_to_come_back(crowded: TestClient) -> None:
    jobs.shutdown()
    refused(crowded.get("/v1/jobs"), 503)


def test_json_is_small(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("agent.api.limits.JSON_MAX_BYTES", 2**20)
    with TestClient(create_app(settings, page=False, work=False), base_url=BASE) as api:
        body = b'{"text": "' + b"x" * 2**20 + b'"}'
        for kind in ("application/json", "Application/JSON; charset=utf-8", "application/x+json"):
            answer = api.post("/v1/blueprints/parse", content=body, headers={"content-type": kind})
            assert (answer.status_code, answer.json()["detail"][:21]) == (413, "a request may have 1 ")


class Untouchable:
    """A body that must not be read."""

    def __iter__(self) -> Iterator[bytes]:
        raise AssertionError("the body was read")


FORM = {"content-type": "multipart/form-data; boundary=x"}


def test_an_upload_without_a_key_is_refused_before_its_body_is_read(settings: Settings) -> None:
    outside = settings.model_copy(update={"host": "0.0.0.0"})
    open_store(settings).create_key("line", ("read", "write"))
    with TestClient(create_app(outside, page=False, work=False), base_url="http://plant.example") as api:
        for path in ("/v1/images", "/v1/inspect", "/v1/segment"):
            wrong = {**FORM, "authorization": "Bearer rr_wrong"}
            answer = api.post(path, content=Untouchable(), headers=wrong)
            assert (answer.status_code, answer.headers["www-authenticate"]) == (401, "Bearer")
    assert [line.status for line in open_store(settings).list_audit(limit=9)] == [401, 401, 401]


def test_photos_that_nobody_has_time_for_are_refused_before_they_are_read(
    crowded: TestClient, settings: Settings
) -> None:
    for _ in range(2):
        jobs.start("probe", {})
    for _ in range(3):
        assert "2 jobs" in refused(crowded.post("/v1/inspect", content=Untouchable(), headers=FORM), 503)
    assert open_store(settings).list_audit(limit=9) == []  # a flood does not fill the trail


def test_a_database_that_is_away_is_503_at_the_door_too(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    def away(_key: str) -> None:
        raise OperationalError("SELECT", {}, Exception("no connection"))

    open_store(settings).create_key("line", ("read", "write"))
    outside = create_app(settings.model_copy(update={"host": "0.0.0.0"}), page=False, work=False)
    monkeypatch.setattr(outside.state.keys, "find", away)
    with TestClient(outside, base_url="http://plant.example", raise_server_exceptions=False) as api:
        answer = api.post(
            "/v1/images", files=[("files", ("p.png", png(7), "image/png"))], headers={"x-api-key": "rr_x"}
        )
    assert "database does not answer" in refused(answer, 503)
