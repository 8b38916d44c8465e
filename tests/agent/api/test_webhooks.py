"""Webhooks of fal.ai: what is believed, and what is not."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from agent.api.routers import webhooks
from agent.settings import Settings
from agent.store.repository import Store, open_store
from agent.store.requests import Allowance, RequestRow
from tools.generation.fal_webhook import Verifier, WebhookError, fetch_keys

from .conftest import load_by_path

emulation = load_by_path("fal_emulator", Path(__file__).parents[2] / "live" / "fal_emulator.py")
KEY = "ab" * 32


@pytest.fixture
def emulator(monkeypatch: pytest.MonkeyPatch) -> Any:
    made = emulation.Emulator()
    verifier = Verifier(lambda: [decode(made)])
    monkeypatch.setattr(webhooks, "verifier", lambda settings: verifier)
    return made


def decode(emulator: Any) -> bytes:
    import base64

    return base64.urlsafe_b64decode(emulator.jwks()["keys"][0]["x"] + "=")


def recorded(settings: Settings, key: str = KEY) -> Store:
    store = open_store(settings)
    store.claim_request(RequestRow(id=key, job_id="j", endpoint="e", state="sending", webhook=True), Allowance())
    return store


def body(request_id: str = "r1", status: str = "OK", **more: Any) -> bytes:
    payload = {"images": [{"url": "https://x/y.png"}]} if status == "OK" else {"detail": "broken"}
    return json.dumps({"request_id": request_id, "status": status, "payload": payload, **more}).encode()


def send(api: TestClient, data: bytes, headers: dict[str, str], key: str = KEY) -> Any:
    return api.post(f"/v1/webhooks/fal?request={key}", content=data, headers=headers)


def test_an_answer_is_noted_once(api: TestClient, settings: Settings, emulator: Any) -> None:
    store, data = recorded(settings), body()
    headers = emulator.signed("r1", data)
    assert send(api, data, headers).json() == {"status": "noted"}
    row = store.get_request(KEY)
    assert (row.state, row.provider_id) == ("answered", "r1")
    assert send(api, data, headers).status_code == 409  # the very same message: a replay
    assert send(api, data, emulator.signed("r1", data, time.time() - 5)).json() == {"status": "duplicate"}
    late = body(status="ERROR")
    assert send(api, late, emulator.signed("r1", late)).json() == {"status": "duplicate"}
    other = body("r2")
    assert send(api, other, emulator.signed("r2", other)).status_code == 409
    store.note_accepted(KEY, "r1")  # the reply to the submit comes after the webhook
    assert store.get_request(KEY).state == "answered"


def test_an_error_and_a_payload_that_was_not_sent_along(api: TestClient, settings: Settings, emulator: Any) -> None:
    store = recorded(settings)
    data = json.dumps({"request_id": "r1", "status": "OK", "payload": None, "payload_error": "too large"}).encode()
    assert send(api, data, emulator.signed("r1", data)).status_code == 200
    assert store.get_request(KEY).state == "accepted"
    failed = body(status="ERROR")
    assert send(api, failed, emulator.signed("r1", failed)).json() == {"status": "noted"}
    assert store.get_request(KEY).state == "failed"
    assert "broken" in str(store.get_request(KEY).error)


def test_forged_stale_and_broken_deliveries_are_refused(api: TestClient, settings: Settings, emulator: Any) -> None:
    store, data = recorded(settings), body()
    good, stranger = emulator.signed("r1", data), emulation.Emulator()
    refused = {
        "unsigned": (data, {}),
        "another's key": (data, stranger.signed("r1", data)),
        "other body": (body(extra=1), good),
        "other id": (data, {**good, "X-Fal-Webhook-Request-Id": "r9"}),
        "old": (data, emulator.signed("r1", data, time.time() - 360)),
        "future": (data, emulator.signed("r1", data, time.time() + 360)),
        "not hex": (data, {**good, "X-Fal-Webhook-Signature": "zz"}),
        "not a time": (data, {**good, "X-Fal-Webhook-Timestamp": "now"}),
        "not JSON": (b"x", emulator.signed("r1", b"x")),
        "another request's body": (body("r7"), emulator.signed("r1", body("r7"))),
    }
    for name, (content, headers) in refused.items():
        answer = send(api, content, headers)
        assert answer.status_code == 401, name
        assert answer.headers["content-type"] == "application/problem+json"
    assert store.get_request(KEY).state == "sending"
    assert send(api, data, good, "cd" * 32).status_code == 404
    assert send(api, data, good, "../x").status_code == 422
    assert send(api, data, good).status_code == 200


def test_it_may_come_from_outside_where_nothing_else_may(api: TestClient, settings: Settings, emulator: Any) -> None:
    recorded(settings)
    data = body()
    headers = {**emulator.signed("r1", data), "Host": "factory.example.com"}
    assert send(api, data, headers).status_code == 200
    assert api.get("/v1/health", headers={"Host": "factory.example.com"}).status_code == 421


def test_keys_are_kept_for_a_day_and_fetched_again_for_a_new_one() -> None:
    clock, fetched = [1e9], []
    old, new = emulation.Emulator(), emulation.Emulator()
    keys = [decode(old)]

    def fetch() -> list[bytes]:
        fetched.append(clock[0])
        return list(keys)

    verifier = Verifier(fetch, now=lambda: clock[0])
    data = body()
    for _ in range(3):
        verifier.check(lower(old.signed("r1", data, clock[0])), data)
    assert len(fetched) == 1
    with pytest.raises(WebhookError, match="signature is wrong"):
        verifier.check(lower(new.signed("r1", data, clock[0])), data)
    assert len(fetched) == 1  # not again so soon: a forger must not make us fetch
    keys[:] = [decode(new)]
    clock[0] += 60
    verifier.check(lower(new.signed("r1", data, clock[0])), data)
    assert len(fetched) == 2
    clock[0] += 86_401
    verifier.check(lower(new.signed("r1", data, clock[0])), data)
    assert len(fetched) == 3
    with pytest.raises(WebhookError, match="cannot be had"):
        fetch_keys("http://127.0.0.1:9/none")


def lower(headers: dict[str, str]) -> dict[str, str]:
    return {name.lower(): value for name, value in headers.items()}


def test_keys_that_cannot_be_had_are_not_asked_for_again_at_once() -> None:
    clock, tries = [1e9], []

    def fetch() -> list[bytes]:
        tries.append(clock[0])
        raise WebhookError("fal.ai's public keys cannot be had")

    verifier, stranger, data = Verifier(fetch, now=lambda: clock[0]), emulation.Emulator(), body()
    for _ in range(5):
        with pytest.raises(WebhookError, match="keys"):
            verifier.check(lower(stranger.signed("r1", data, clock[0])), data)
    assert len(tries) == 1
    clock[0] += 31
    with pytest.raises(WebhookError, match="cannot be had"):
        verifier.check(lower(stranger.signed("r1", data, clock[0])), data)
    assert len(tries) == 2


def test_a_delivery_that_is_too_large_is_not_read_to_its_end(api: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("agent.api.routers.webhooks.MAX_BYTES", 1000)
    answer = api.post(f"/v1/webhooks/fal?request={'0' * 64}", content=b"x" * 2000)
    assert answer.status_code == 413


def test_the_trail_names_fal_for_a_signed_delivery_only(api: TestClient, settings: Settings, emulator: Any) -> None:
    data = body()
    send(api, data, {**emulator.signed("r1", data), "X-Fal-Webhook-Signature": "00"})
    send(api, data, emulator.signed("r1", data))
    assert [row.actor for row in open_store(settings).list_audit()] == ["fal.ai", ""]
