"""Three hundred and more hostile uploads, and a search for secrets in everything that was written."""

from __future__ import annotations

import io
import logging
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from fastapi.testclient import TestClient
from PIL import Image
from pydantic import SecretStr

from agent.api.app import create_app
from agent.settings import Settings
from agent.store.files import KEY
from agent.store.repository import open_store

from .conftest import fake_conversation, png


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """On SQLite alone: what a decoder refuses is refused before any database is asked."""
    return Settings(data_dir=tmp_path / "data", max_upload_mb=1, max_image_megapixels=1.0)


NAMES = (
    "../../etc/passwd", "..\\..\\boot.ini", "/etc/shadow", "C:\\x.png", "a\x00b.png", "x" * 3000 + ".png", "", ".",
    "CON", "<script>.png", "a;rm -rf.png", "%2e%2e%2f.png", "\u202egnp.exe", "file:///etc/passwd", "$(id).png",
    "'; DROP TABLE image;--", "a\r\nSet-Cookie: x=1.png", "~root.png", "\U0001f430.png",
)  # fmt: skip
FORMATS = ("PNG", "JPEG", "BMP", "TIFF", "WEBP")


def damaged() -> Iterator[tuple[str, bytes]]:
    """Names and bytes: whole images under bad names, and images in every format with bytes changed, cut or added."""
    rng = np.random.default_rng(0)
    for name in NAMES:
        yield name, png(1)
    picture = Image.fromarray(rng.integers(0, 255, (40, 40, 3)).astype(np.uint8))
    for kind in FORMATS:
        buffer = io.BytesIO()
        picture.save(buffer, format=kind)
        whole = buffer.getvalue()
        for number in range(56):
            data = bytearray(whole)
            way = number % 4
            if way == 0:
                data = data[: int(rng.integers(1, len(data)))]
            elif way == 1:
                for place in rng.integers(0, min(len(data), 80), 4):
                    data[int(place)] = int(rng.integers(256))
            elif way == 2:
                for place in rng.integers(0, len(data), 30):
                    data[int(place)] = int(rng.integers(256))
            else:
                start = int(rng.integers(8, len(data)))
                data[start:start] = rng.bytes(int(rng.integers(1, 500)))
            yield f"{kind} {number}.png", bytes(data)
    for number in range(40):
        yield f"noise {number}.png", (b"\x89PNG\r\n\x1a\n" if number % 2 else b"") + rng.bytes(300)


def test_hundreds_of_hostile_uploads(api: TestClient, settings: Settings) -> None:
    codes: Counter[int] = Counter()
    sent = list(damaged())
    assert len(sent) >= 300
    for name, data in sent:
        answer = api.post("/v1/images", files=[("files", (name, data, "image/png"))])
        codes[answer.status_code] += 1
        assert answer.status_code in (201, 400, 422), (name[:40], answer.status_code, answer.text[:200])
        if answer.status_code == 201:
            assert "/" not in answer.json()[0]["name"]
            assert "\\" not in answer.json()[0]["name"]
        else:
            assert "\n" not in answer.json()["detail"]
            assert str(settings.data_dir) not in answer.text
    assert codes[400] > 100
    root = settings.data_dir / "files"
    keys = [path.relative_to(root).as_posix() for path in root.rglob("*") if path.is_file()]
    assert all(KEY.fullmatch(key) for key in keys)
    assert api.get("/v1/health").status_code == 200


def test_no_secret_is_written_anywhere(
    settings: Settings, caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]
) -> None:
    secrets = {"fal_key": "fal-id:verysecretfal", "model_api_key": "sk-verysecretmodel"}
    outside = settings.model_copy(
        update={"host": "0.0.0.0", **{name: SecretStr(value) for name, value in secrets.items()}}
    )
    _, key = open_store(settings).create_key("writer", ("read", "write"))
    caplog.set_level(logging.DEBUG)
    app = create_app(outside, page=False, work=False, conversations=fake_conversation())
    texts = []
    with TestClient(app, base_url="http://plant.example", raise_server_exceptions=False) as api:
        headers = {"authorization": f"Bearer {key}"}
        for path in ("/v1/blueprints", "/v1/nothing", "/v1/metrics", "/v1/ready", "/v1/openapi.json"):
            texts.append(api.get(path, headers=headers).text)
        texts.append(api.post("/v1/blueprints", json={"text": "a dent"}, headers=headers).text)
        texts.append(api.get("/v1/blueprints", headers={"authorization": f"Bearer {key}x"}).text)
    texts += [caplog.text, *capsys.readouterr(), repr(outside), str(outside.model_dump())]
    hidden = [key.split("_", 2)[2], *secrets.values()]
    for secret in hidden:
        assert not [text[:200] for text in texts if secret in text]
        holders = [path.name for path in settings.data_dir.rglob("*") if path.is_file() and _holds(path, secret)]
        assert holders == []


def _holds(path: Path, secret: str) -> bool:
    return secret.encode() in path.read_bytes()
