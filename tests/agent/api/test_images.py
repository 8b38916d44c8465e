"""Uploads: what comes in, and what does not."""

from __future__ import annotations

import io
import struct
import zlib
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from fastapi.testclient import TestClient
from PIL import Image

from agent.api.uploads import shown_name
from agent.settings import Settings

from .conftest import png, upload


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """On SQLite alone: what a decoder refuses is refused before any database is asked."""
    return Settings(data_dir=tmp_path / "data", max_upload_mb=1, max_image_megapixels=1.0)


def test_an_upload_can_be_read_again(api: TestClient) -> None:
    (image_id,) = upload(api)
    record = api.get(f"/v1/images/{image_id}").json()
    assert (record["name"], record["width_px"], record["height_px"], record["has_mask"]) == (
        "good 0.png",
        64,
        64,
        False,
    )
    content = api.get(f"/v1/images/{image_id}/content")
    assert content.content == png()
    assert content.headers["content-type"] == "image/png"
    assert upload(api) == [image_id]
    assert [each["id"] for each in api.get("/v1/images?kind=photo").json()["items"]] == [image_id]
    assert [each["id"] for each in api.get(f"/v1/images/{image_id}/lineage").json()] == [image_id]
    assert api.get(f"/v1/images/{image_id}/mask").status_code == 404


def test_pages(api: TestClient) -> None:
    ids = set(upload(api, 5))
    first = api.get("/v1/images?limit=3").json()
    second = api.get("/v1/images", params={"limit": 3, "after": first["next"]}).json()
    assert {each["id"] for each in first["items"] + second["items"]} == ids
    assert second["next"] is None


def encode(kind: str, image: Image.Image, **options: object) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, format=kind, **options)  # type: ignore[arg-type]
    return buffer.getvalue()


def chunk(name: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


def bomb(width: int, height: int) -> bytes:
    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(b"\0" * 1000)) + chunk(b"IEND", b"")
    )


def hostile() -> Iterator[tuple[str, str, bytes]]:
    """Kind, file name, bytes."""
    good = png()
    grey = Image.fromarray(np.full((40, 40), 128, np.uint8))
    yield "empty", "a.png", b""
    yield "text", "a.png", b"hello"
    yield "only the signature", "a.png", good[:8]
    for share in (0.1, 0.5, 0.9):
        yield f"cut off at {share}", "a.png", good[: int(len(good) * share)]
    yield "bits flipped", "a.png", good[:60] + bytes(255 - byte for byte in good[60:200]) + good[200:]
    for width, height in (
        (100_000, 100_000),
        (2**31 - 1, 1),
        (0, 0),
        (0, 5),
        (1, 1),
        (5, 3000),
        (2**32 - 1, 2**32 - 1),
    ):
        yield f"claims {width} x {height}", "a.png", bomb(width, height)
    yield "over the pixel limit", "a.png", encode("PNG", Image.new("L", (1200, 1000)))
    yield "over the byte limit", "a.png", good + b"\0" * (2**20 + 1)
    frames = [Image.new("L", (40, 40), shade) for shade in (0, 128, 255)]
    yield "animated gif", "a.gif", encode("GIF", frames[0], save_all=True, append_images=frames[1:])
    yield "animated png", "a.png", encode("PNG", frames[0], save_all=True, append_images=frames[1:])
    yield "animated webp", "a.webp", encode("WEBP", frames[0], save_all=True, append_images=frames[1:])
    yield "tiff of three pages", "a.tif", encode("TIFF", frames[0], save_all=True, append_images=frames[1:])
    for kind in ("GIF", "PPM", "ICO", "TGA", "PCX", "SGI", "DDS", "JPEG2000", "PDF", "EPS"):
        yield f"{kind} file", "a.png", encode(kind, grey.convert("RGB"))
    yield "svg with a script", "a.svg", b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>"
    yield "html", "a.html", b"<html><script>alert(1)</script>"
    yield "html that claims to be png", "a.png", b"<html><script>alert(1)</script>"
    yield "xml bomb", "a.svg", b"<!DOCTYPE x [<!ENTITY a 'aaaa'><!ENTITY b '&a;&a;'>]><x>&b;</x>"
    yield "zip", "a.png", b"PK\x03\x04" + b"\0" * 100
    yield "elf", "a.png", b"\x7fELF" + b"\0" * 100
    yield "windows program", "a.png", b"MZ" + b"\0" * 100
    yield "script", "a.png", b"#!/bin/sh\nrm -rf /\n"
    yield "pickle", "a.png", b"\x80\x04cos\nsystem\n(S'true'\ntR."
    yield "pdf", "a.pdf", b"%PDF-1.7\n"
    yield "numpy", "a.png", b"\x93NUMPY\x01\x00"
    yield "hdf5", "a.png", b"\x89HDF\r\n\x1a\n"
    yield "only a bmp mark", "a.bmp", b"BM"
    yield (
        "bmp of huge size",
        "a.bmp",
        b"BM" + struct.pack("<IHHIIiiHHIIiiII", 70, 0, 0, 54, 40, 2**30, 2**30, 1, 24, 0, 0, 0, 0, 0, 0),
    )
    yield (
        "bmp with negative width",
        "a.bmp",
        b"BM" + struct.pack("<IHHIIiiHHIIiiII", 70, 0, 0, 54, 40, -50, 50, 1, 24, 0, 0, 0, 0, 0, 0),
    )
    yield "tiff without pages", "a.tif", b"II*\x00\x00\x00\x00\x00"
    yield (
        "tiff that points to itself",
        "a.tif",
        b"II*\x00\x08\x00\x00\x00" + b"\x01\x00" + b"\0" * 12 + b"\x08\x00\x00\x00",
    )
    yield "tiff with wild offsets", "a.tif", b"MM\x00*" + b"\xff" * 60
    yield "webp cut off", "a.webp", b"RIFF\x10\x00\x00\x00WEBPVP8 "
    yield "jpeg start only", "a.jpg", b"\xff\xd8\xff\xe0"
    yield "jpeg cut off", "a.jpg", encode("JPEG", grey)[:100]
    yield "jpeg of random bytes", "a.jpg", b"\xff\xd8\xff\xe0" + np.random.default_rng(0).bytes(500)
    yield "png of random bytes", "a.png", good[:40] + np.random.default_rng(1).bytes(500)
    text = zlib.compress(b"a" * 50_000_000)
    yield "png text bomb", "a.png", good[:33] + chunk(b"zTXt", b"k\0\0" + text) + good[33:60]
    yield "thirteen pixels wide", "a.png", encode("PNG", Image.new("L", (13, 200)))


CASES = list(hostile())


@pytest.mark.parametrize(("kind", "name", "data"), CASES, ids=[case[0] for case in CASES])
def test_hostile_uploads_are_refused_in_one_sentence(
    api: TestClient, settings: Settings, kind: str, name: str, data: bytes
) -> None:
    before = {path for path in settings.data_dir.rglob("*") if path.is_file()}
    answer = api.post("/v1/images", files=[("files", (name, data, "image/png"))])
    assert answer.status_code in (400, 413), answer.text
    detail = answer.json()["detail"]
    assert "\n" not in detail
    assert str(settings.data_dir) not in detail
    after = {path for path in settings.data_dir.rglob("*") if path.is_file()}
    assert {path for path in after - before if "files" in path.parts} == set()
    assert api.get("/v1/images").json()["items"] == []


def test_there_are_enough_hostile_uploads() -> None:
    assert len(CASES) >= 50


@pytest.mark.parametrize(
    "image",
    [
        Image.new("CMYK", (40, 40)),
        Image.new("RGBA", (40, 40)),
        Image.new("P", (40, 40)),
        Image.new("1", (40, 40)),
        Image.new("I;16", (40, 40)),
        Image.new("LA", (40, 40)),
    ],
    ids=lambda image: image.mode,
)
def test_odd_but_honest_images_are_taken(api: TestClient, image: Image.Image) -> None:
    data = encode("TIFF", image)
    assert api.post("/v1/images", files=[("files", ("a.tif", data, "image/tiff"))]).status_code == 201


NAMES = [
    "../../etc/passwd",
    "..\\..\\boot.ini",
    "/etc/passwd",
    "C:\\x.png",
    "a\x00b.png",
    "a" * 4000,
    "",
    ".",
    "..",
    "con",
]
NAMES += [
    "<script>alert(1)</script>.png",
    "a\nSet-Cookie: x",
    "％2e％2e/x.png",
    "\u202egnp.exe",
    "🐇.png",
    "~/.ssh/id_rsa",
    "|ls",
]


@pytest.mark.parametrize("name", NAMES, ids=range(len(NAMES)))
def test_names_never_become_paths(api: TestClient, settings: Settings, tmp_path: Path, name: str) -> None:
    api.post("/v1/images", files=[("files", (name, png(), "image/png"))])
    api.post("/v1/conversations", json={})
    chat = api.post("/v1/conversations", json={}).json()["id"]
    api.post(f"/v1/conversations/{chat}/messages", data={"text": "x"}, files=[("files", (name, png(), "image/png"))])
    outside = [path for path in tmp_path.rglob("*") if path.is_file() and settings.data_dir not in path.parents]
    assert outside == []
    for path in (settings.data_dir / "uploads").rglob("*.png"):
        assert set(path.name) <= set("abcdefghijklmnopqrstuvwxyz0123456789-.")


def test_shown_names() -> None:
    assert shown_name("../a/b c.png") == "b c.png"
    assert shown_name("a\x00\x1b[31m.png") == "a[31m.png"
    assert shown_name(None) == "upload"
    assert len(shown_name("x" * 500)) == 120


def test_too_many_files(api: TestClient) -> None:
    files = [("files", ("a.png", b"x", "image/png"))] * 65
    assert api.post("/v1/images", files=files).status_code == 413


def test_one_bad_file_keeps_none(api: TestClient) -> None:
    files = [("files", ("a.png", png(1), "image/png")), ("files", ("b.png", b"no picture", "image/png"))]
    assert api.post("/v1/images", files=files).status_code == 400
    assert api.get("/v1/images").json()["items"] == []


def test_the_same_photo_sent_by_many_at_once_is_kept_once(api: TestClient) -> None:
    from concurrent.futures import ThreadPoolExecutor

    data = png(5)

    def send(_: int) -> str:
        answer = api.post("/v1/images", files=[("files", ("a.png", data, "image/png"))])
        assert answer.status_code == 201, answer.text
        return str(answer.json()[0]["id"])

    with ThreadPoolExecutor(8) as threads:
        assert len(set(threads.map(send, range(16)))) == 1
