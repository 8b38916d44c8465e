"""The application as a whole: documents, headers, doors."""

from __future__ import annotations

import inspect
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from agent.api.app import create_app
from agent.api.artifacts import Artifacts
from agent.api.errors import OpenDoorError
from agent.api.routers import health
from agent.jobs import client as jobs
from agent.settings import Settings
from agent.store.repository import open_store

from .conftest import BASE

JSON = {"content-type": "application/json"}


def test_alive_and_ready(api: TestClient) -> None:
    assert api.get("/v1/health").json() == {"status": "ok"}
    ready = api.get("/v1/ready")
    assert ready.status_code == 200
    assert ready.json() == {"status": "ok", "checks": {"database": "ok", "jobs": "ok"}, "jobs_open": 0}
    jobs.shutdown()
    assert api.get("/v1/ready").status_code == 503
    assert api.get("/v1/jobs").status_code == 503


def test_the_openapi_document_has_examples_and_problems(api: TestClient) -> None:
    document = api.get("/v1/openapi.json").json()
    assert document["info"]["title"] == "Red Rabbit"
    assert len(document["paths"]) > 25
    assert "examples" in document["components"]["schemas"]["ParseRequest"]["properties"]["text"]
    assert "Problem" in document["components"]["schemas"]
    for path, operations in document["paths"].items():
        for operation in operations.values():
            assert operation["summary"], path


def test_every_answer_has_guarding_headers(api: TestClient) -> None:
    for path in ("/v1/health", "/v1/nothing"):
        headers = api.get(path).headers
        assert headers["content-security-policy"].startswith("default-src 'none'")
        assert headers["x-content-type-options"] == "nosniff"
    assert "server" not in api.get("/v1/health").headers


def test_errors_are_problem_documents(api: TestClient) -> None:
    for answer, status in (
        (api.get("/v1/nothing"), 404),
        (api.put("/v1/health"), 405),
        (api.get("/v1/blueprints/nothing"), 404),
        (api.get("/v1/jobs/nothing"), 404),
        (api.get("/v1/images?limit=0"), 422),
        (api.post("/v1/blueprints/parse", content=b"{", headers=JSON), 422),
        (
            api.post("/v1/blueprints", content=rb'{"name": "\u0000", "blueprint": {"text": "\ud800"}}', headers=JSON),
            422,
        ),
    ):
        assert answer.status_code == status, answer.text
        assert answer.headers["content-type"] == "application/problem+json"
        body = answer.json()
        assert body["status"] == status
        assert body["detail"]
        assert "\n" not in body["detail"]


def test_pages_of_other_sites_may_do_nothing(api: TestClient) -> None:
    body = {"text": "a scratch"}
    foreign = api.post("/v1/blueprints", json=body, headers={"origin": "http://evil.example"})
    assert foreign.status_code == 403
    assert api.get("/v1/health", headers={"host": "evil.example"}).status_code == 421
    same = api.post("/v1/conversations", json={}, headers={"origin": BASE})
    assert same.status_code == 201


def test_too_much_is_refused_before_it_is_read(api: TestClient) -> None:
    big = b"x" * (9 * 2**20)
    answer = api.post("/v1/blueprints/parse", content=big)
    assert answer.status_code == 413

    def drip() -> object:
        for _ in range(9):
            yield b"x" * 2**20

    assert api.post("/v1/blueprints/parse", content=drip()).status_code == 413  # type: ignore[arg-type]


def test_no_key_no_open_door(settings: Settings) -> None:
    outside = settings.model_copy(update={"host": "0.0.0.0"})
    with pytest.raises(OpenDoorError, match="redrabbit keys create"):
        create_app(outside, page=False)


def test_keys_and_scopes(settings: Settings) -> None:
    outside = settings.model_copy(update={"host": "0.0.0.0"})
    store = open_store(settings)
    _, reader = store.create_key("reader", ("read",))
    row, writer = store.create_key("writer", ("read", "write"))
    with TestClient(create_app(outside, page=False), base_url="http://plant.example") as api:
        assert api.get("/v1/health").status_code == 200
        refused = api.get("/v1/blueprints")
        assert refused.status_code == 401
        assert refused.headers["www-authenticate"] == "Bearer"
        assert api.get("/v1/blueprints", headers={"authorization": "Bearer rr_0000_x"}).status_code == 401
        read = {"authorization": f"Bearer {reader}"}
        assert api.get("/v1/blueprints", headers=read).status_code == 200
        made = api.post("/v1/conversations", json={}, headers=read)
        assert made.status_code == 403
        assert reader not in made.text
        write = {"x-api-key": writer}
        made = api.post("/v1/conversations", json={}, headers=write)
        assert made.status_code == 201
        assert made.json()["person"] == "writer"
        store.revoke_key(row.handle)
        app_keys = api.app.state.keys  # type: ignore[attr-defined]
        app_keys._known.clear()
        assert api.get("/v1/blueprints", headers=write).status_code == 401


def test_metrics_name_routes_not_ids(api: TestClient) -> None:
    api.get("/v1/blueprints/some-id")
    text = api.get("/v1/metrics").text
    assert 'route="/blueprints/{blueprint_id}",status="404"} 1.0' in text
    assert "some-id" not in text
    assert "redrabbit_jobs_open 0.0" in text


def test_odd_methods_are_one_label(api: TestClient) -> None:
    for word in ("BREW", "WHEN", "X" * 300):
        assert api.request(word, "/v1/blueprints").status_code == 405
    text = api.get("/v1/metrics").text
    assert 'method="other"' in text
    assert "BREW" not in text


def test_addresses_that_cannot_be_read_are_refused(api: TestClient) -> None:
    assert api.get("/v1/health", headers={"host": "[::1"}).status_code == 421
    assert api.post("/v1/conversations", json={}, headers={"origin": "http://[::1"}).status_code == 403


def test_health_answers_while_requests_wait(api: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    from agent.api import admission

    monkeypatch.setattr(admission, "_waiting", threading.BoundedSemaphore(1))
    slow, began = jobs.start("probe", {"steps": 100, "seconds_per_step": 0.1}), time.monotonic()
    with ThreadPoolExecutor(4) as threads:
        states = list(threads.map(lambda _: admission.wait(slow, 1.0).state, range(4)))
    assert time.monotonic() - began < 3.0
    assert set(states) <= {"queued", "running"}
    jobs.cancel(slow)
    (route,) = (each for each in health.router.routes if getattr(each, "path", "") == "/health")
    assert inspect.iscoroutinefunction(route.endpoint)  # type: ignore[attr-defined]


def test_servers_that_start_at_once_have_one_secret(tmp_path: Path) -> None:
    made = Settings(data_dir=tmp_path)
    with ThreadPoolExecutor(8) as threads:
        secrets = {each._secret for each in threads.map(lambda _: Artifacts(made), range(32))}
    assert len(secrets) == 1
    file = tmp_path / "links.secret"
    assert file.stat().st_mode & 0o077 == 0
    assert [path.name for path in tmp_path.iterdir()] == ["links.secret"]
