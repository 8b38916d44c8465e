"""Lineups through the API, and answers that are given once."""

from __future__ import annotations

from fastapi.testclient import TestClient

from agent.settings import Settings
from agent.store.repository import open_store

from .conftest import upload


def test_a_lineup_is_chosen_in_and_kept(api: TestClient, settings: Settings) -> None:
    photo = upload(api)[0]
    document = {"blueprint": {"defect_type": "stain", "material": "steel"}}
    blueprint = api.post("/v1/blueprints", json=document).json()["id"]
    body = {"blueprint_id": blueprint, "image_id": photo, "seed": 3}
    made = api.post("/v1/lineups", json=body, headers={"Idempotency-Key": "one"})
    assert made.status_code == 201, made.text
    first = made.json()
    assert api.post("/v1/lineups", json=body, headers={"Idempotency-Key": "one"}).json() == first
    other = api.post("/v1/lineups", json={**body, "seed": 4}, headers={"Idempotency-Key": "one"})
    assert other.status_code == 409
    assert first["champion"] is None
    for side in ("left", "right"):
        picture = api.get(f"/v1/images/{first[side]['image_id']}").json()
        assert picture["kind"] == "rendering"
        assert picture["has_mask"]
        assert picture["source_id"] == photo
    path = f"/v1/lineups/{first['id']}"
    assert api.post(f"{path}/accept").status_code == 409
    second = api.post(f"{path}/choices", json={"choice": "2", "reason": first["reasons"][0]}).json()
    assert second["champion"]["number"] == first["right"]["number"]
    assert second["answers"] == 1
    again = api.get(path).json()
    assert [again[name] for name in ("left", "right", "champion")] == [
        second[name] for name in ("left", "right", "champion")
    ]
    back = api.post(f"{path}/choices", json={"choice": "undo"}).json()
    assert (back["left"], back["right"]) == (first["left"], first["right"])
    assert api.post(f"{path}/choices", json={"choice": "undo"}).status_code == 400
    api.post(f"{path}/choices", json={"choice": "1"})
    kept = api.post(f"{path}/accept").json()
    assert kept["version"] == 2
    assert kept["blueprint"]["style"]
    assert api.get("/v1/lineups").json()["items"][0]["id"] == first["id"]
    assert len(open_store(settings).list_comparisons(lineup_id=first["id"])) == 2
    assert api.post("/v1/lineups", json={**body, "image_id": "none"}).status_code == 404


def test_a_blueprint_is_made_once_for_one_key(api: TestClient, settings: Settings) -> None:
    body, key = {"text": "a scratch on steel"}, {"Idempotency-Key": "same"}
    first = api.post("/v1/blueprints", json=body, headers=key)
    again = api.post("/v1/blueprints", json=body, headers=key)
    assert (first.status_code, again.status_code) == (201, 201)
    assert first.json() == again.json()
    assert open_store(settings).count_blueprints() == 1
    assert api.post("/v1/blueprints", json={"text": "a dent"}, headers=key).status_code == 409
    bad = api.post("/v1/blueprints", json={"blueprint": {"defect_type": 7}}, headers={"Idempotency-Key": "bad"})
    assert bad.status_code == 422


def test_the_audit_trail_names_who_did_what(api: TestClient, settings: Settings) -> None:
    api.post("/v1/conversations", json={"title": "t"})
    api.get("/v1/conversations")
    api.delete("/v1/blueprints/nothing")
    lines = [(row.action, row.subject, row.status) for row in open_store(settings).list_audit()]
    assert lines == [("DELETE", "/v1/blueprints/nothing", 404), ("POST", "/v1/conversations", 201)]
