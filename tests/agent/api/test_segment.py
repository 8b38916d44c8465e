"""Segmentation by the API: a photo in, mask, regions and probabilities out; a full queue says when to come back."""

from __future__ import annotations

import asyncio
import base64
from collections.abc import AsyncIterator
from pathlib import Path

import cv2
import httpx
import numpy as np
import pytest
from fastapi.testclient import TestClient

from agent.api.segmenting import SegmentPool, pool_of
from agent.settings import Settings
from tools.segmentation.export import FP32
from tools.segmentation.model import CARD, ModelCard
from tools.vision.images import load_image
from tools.vision.masks import rle_to_mask

from .conftest import BASE, png


@pytest.fixture(scope="module")
def exported(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A hand-made export: dark pixels are probable defects, and `pit` and `scratch` share them."""
    import onnx
    from onnx import TensorProto, helper, numpy_helper

    folder = tmp_path_factory.mktemp("segment")
    weights = {"w": np.full((1, 3, 1, 1), -4.0), "v": np.stack([np.full((3, 1, 1), 1.0), np.full((3, 1, 1), -1.0)])}
    nodes = [
        helper.make_node("Conv", ["image", "w"], ["logit"]),
        helper.make_node("Sigmoid", ["logit"], ["probability"]),
        helper.make_node("Conv", ["image", "v"], ["kinds"]),
        helper.make_node("Softmax", ["kinds"], ["classes"], axis=1),
    ]
    shapes = {"image": 3, "probability": 1, "classes": 2}
    values = [
        helper.make_tensor_value_info(name, TensorProto.FLOAT, ["n", count, "h", "w"]) for name, count in shapes.items()
    ]
    held = [numpy_helper.from_array(value.astype(np.float32), name) for name, value in weights.items()]
    graph = helper.make_graph(nodes, "hand-made", values[:1], values[1:], held)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=8)
    (folder / FP32).write_bytes(model.SerializeToString())
    card = ModelCard(classes=("pit", "scratch"), size_hw=(32, 32), threshold=0.6)
    (folder / CARD).write_text(card.model_dump_json())
    onnx.checker.check_model(model)
    return folder


@pytest.fixture
def served(api: TestClient, settings: Settings, exported: Path) -> TestClient:
    SegmentPool(settings.data_dir / "segmenters").library.add(exported, "tiles")
    return api


def test_models_are_listed(served: TestClient) -> None:
    [listed] = served.get("/v1/segment/models").json()
    assert listed["name"] == "tiles"
    assert listed["version"] == "1"
    assert listed["classes"] == ["pit", "scratch"]
    assert listed["precisions"] == ["fp32"]


def test_a_photo_gives_mask_regions_and_probabilities(served: TestClient) -> None:
    photo = png(size=(48, 64))
    answer = served.post("/v1/segment?mask=both&probability=true", files={"file": ("a.png", photo, "image/png")})
    assert answer.status_code == 200, answer.text
    found = answer.json()
    mask = load_image(base64.b64decode(found["mask_png"]))[..., 0]
    assert mask.shape == (48, 64)
    assert np.array_equal(mask, rle_to_mask(found["mask_rle"]))
    levels = cv2.imdecode(np.frombuffer(base64.b64decode(found["probability_png"]), np.uint8), cv2.IMREAD_UNCHANGED)
    assert levels.dtype == np.uint16
    assert levels.max() / 65535 == pytest.approx(found["score"], abs=1e-4)
    assert sum(region["area_px"] for region in found["regions"]) == (mask > 0).sum()
    assert {region["type"] for region in found["regions"]} <= {"pit", "scratch"}
    assert set(found["timing_ms"]) == {"decode", "segment", "encode"}


def test_the_body_itself_may_be_the_photo(served: TestClient) -> None:
    answer = served.post("/v1/segment?mask=none&threshold=0.9", content=png(), headers={"content-type": "image/png"})
    assert answer.status_code == 200
    assert answer.json()["mask_png"] is None
    assert answer.json()["threshold"] == 0.9


@pytest.mark.parametrize(
    ("query", "body", "status", "words"),
    [
        ("?model=other", b"x", 404, "no model 'other'"),
        ("?version=7", b"x", 404, "no version '7'"),
        ("?precision=int8", b"x", 404, "no int8 export"),
        ("", b"", 400, "empty"),
        ("", b"no picture", 400, "image"),
        ("?threshold=2", b"x", 422, "threshold"),
        ("", b"x" * (2**20 + 1), 413, "larger than 1 MiB"),
    ],
)
def test_what_cannot_be_used_is_said(served: TestClient, query: str, body: bytes, status: int, words: str) -> None:
    answer = served.post(f"/v1/segment{query}", content=body)
    assert answer.status_code == status
    assert words in answer.json()["detail"]


def test_a_form_without_the_photo_is_said(served: TestClient) -> None:
    answer = served.post("/v1/segment", files={"photo": ("a.png", png(), "image/png")})
    assert answer.status_code == 400
    assert "'file'" in answer.json()["detail"]


def test_without_a_model_it_says_how_to_get_one(api: TestClient) -> None:
    answer = api.post("/v1/segment", content=png())
    assert answer.status_code == 404
    assert "segment export" in answer.json()["detail"]


def test_a_full_queue_says_when_to_come_back(served: TestClient, settings: Settings) -> None:
    door = pool_of(settings.data_dir).door
    places = [door.enter() for _ in range(door.most)]
    for place in places:
        place.__enter__()
    answer = served.post("/v1/segment", content=png())
    assert answer.status_code == 503
    assert int(answer.headers["retry-after"]) > 0
    for place in places:
        place.__exit__(None, None, None)
    assert served.post("/v1/segment", content=png()).status_code == 200


def test_a_photo_that_comes_too_slowly_loses_its_place(served: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("agent.api.routers.segment.ARRIVES_WITHIN_S", 0.05)

    async def dripping() -> AsyncIterator[bytes]:
        yield b"\x89PNG"
        await asyncio.sleep(20)

    async def send() -> httpx.Response:
        async with httpx.AsyncClient(transport=httpx.ASGITransport(served.app), base_url=BASE) as slow:
            return await slow.post("/v1/segment", content=dripping(), headers={"content-type": "image/png"})

    answer = asyncio.run(asyncio.wait_for(send(), 10))
    assert (answer.status_code, answer.headers["content-type"]) == (408, "application/problem+json")
    assert "did not arrive within" in answer.json()["detail"]
    assert answer.headers["connection"] == "close"
    assert served.post("/v1/segment", content=png(3), headers={"content-type": "image/png"}).status_code == 200
