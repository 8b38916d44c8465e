"""Whatever a file holds, a caller gets uint8 RGB or one clear sentence."""

from __future__ import annotations

import io
import os
import struct
import zlib
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from tools.vision.errors import ImageError
from tools.vision.images import ImageLimits, content_hash, encode_png, find_images, iter_images, load_image, save_png


def encoded(image: Image.Image, fmt: str = "PNG", **options: object) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, format=fmt, **options)
    return buffer.getvalue()


def png_header_claiming(width: int, height: int) -> bytes:
    """A PNG of a few bytes that says it is huge."""
    ihdr = b"IHDR" + struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    chunk = struct.pack(">I", 13) + ihdr + struct.pack(">I", zlib.crc32(ihdr))
    return b"\x89PNG\r\n\x1a\n" + chunk + struct.pack(">I", 0) + b"IEND" + struct.pack(">I", zlib.crc32(b"IEND"))


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGB", "RGBA", "CMYK", "YCbCr", "I;16", "I", "F"])
def test_every_colour_mode_becomes_rgb(mode: str) -> None:
    if mode in ("I;16", "I", "F"):
        dtype = {"I;16": np.uint16, "I": np.int32, "F": np.float32}[mode]
        image = Image.fromarray(np.arange(32 * 24, dtype=dtype).reshape(24, 32) * 50)
    else:
        image = Image.new("RGB", (32, 24), (200, 100, 50)).convert(mode)
    fmt = {"CMYK": "TIFF", "I": "TIFF", "F": "TIFF", "YCbCr": "JPEG"}.get(mode, "PNG")
    found = load_image(encoded(image, fmt))
    assert found.shape == (24, 32, 3)
    assert found.dtype == np.uint8
    assert found.flags.c_contiguous


def test_sixteen_bit_uses_the_whole_range() -> None:
    ramp = np.linspace(1000, 3000, 32 * 32).astype(np.uint16).reshape(32, 32)
    found = load_image(encoded(Image.fromarray(ramp)))
    assert (found.min(), found.max()) == (0, 255)


def test_exif_rotation_is_applied() -> None:
    image = Image.new("RGB", (40, 20), "red")
    exif = image.getexif()
    exif[274] = 6
    assert load_image(encoded(image, "JPEG", exif=exif)).shape == (40, 20, 3)


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "empty"),
        (b"not an image at all", "not an image"),
        (encoded(Image.new("RGB", (64, 64), "blue"))[:60], "damaged"),
        (encoded(Image.effect_noise((64, 64), 50).convert("RGB"), "JPEG")[:300], "damaged"),
        (encoded(Image.new("RGB", (4, 4))), "at least 16"),
        (png_header_claiming(20_000, 20_000), "megapixels"),
        (png_header_claiming(100_000, 100_000), "megapixels"),
    ],
)
def test_bad_bytes_get_one_clear_sentence(data: bytes, words: str) -> None:
    with pytest.raises(ImageError, match=words) as caught:
        load_image(data, name="part.png")
    assert "part.png" in str(caught.value)
    assert "\n" not in str(caught.value)


def test_zero_sized_and_animated_are_refused() -> None:
    with pytest.raises(ImageError):
        load_image(png_header_claiming(0, 0))
    frames = [Image.new("L", (32, 32), shade) for shade in (0, 255)]
    animated = encoded(frames[0], "GIF", save_all=True, append_images=frames[1:])
    with pytest.raises(ImageError, match="2 frames"):
        load_image(animated)


def test_limits_are_the_callers() -> None:
    data = encoded(Image.new("RGB", (1000, 1000)))
    with pytest.raises(ImageError, match=r"0\.5 megapixels"):
        load_image(data, limits=ImageLimits(max_megapixels=0.5))


def test_folders(tmp_path: Path) -> None:
    with pytest.raises(ImageError, match="does not exist"):
        find_images(tmp_path / "absent")
    with pytest.raises(ImageError, match="holds no image"):
        find_images(tmp_path)
    save_png(tmp_path / "b.png", np.zeros((20, 20, 3), np.uint8))
    save_png(tmp_path / "sub" / "a.png", np.zeros((20, 20, 3), np.uint8))
    (tmp_path / "broken.jpg").write_bytes(b"x")
    (tmp_path / "notes.txt").write_text("x")
    (tmp_path / "gone.png").symlink_to(tmp_path / "nowhere.png")
    found = find_images(tmp_path)
    assert [path.name for path in found] == ["b.png", "broken.jpg", "gone.png", "a.png"]
    skipped: list[str] = []
    assert len(list(iter_images(found, skipped))) == 2
    assert len(skipped) == 2


@pytest.mark.skipif(os.geteuid() == 0, reason="root reads everything")
def test_unreadable_folder(tmp_path: Path) -> None:
    folder = tmp_path / "closed"
    folder.mkdir(mode=0o000)
    with pytest.raises(ImageError, match="permissions"):
        find_images(folder)


@settings(max_examples=30, deadline=None)
@given(st.integers(16, 40), st.integers(16, 40), st.integers(0, 2**32 - 1))
def test_png_round_trip_is_exact(height: int, width: int, seed: int) -> None:
    image = np.random.default_rng(seed).integers(0, 256, (height, width, 3), dtype=np.uint8)
    data = encode_png(image)
    assert np.array_equal(load_image(data), image)
    assert data == encode_png(image)


@settings(max_examples=60, deadline=None)
@given(st.binary(max_size=400))
def test_random_bytes_never_break_anything(data: bytes) -> None:
    with pytest.raises(ImageError):
        load_image(data)


def test_content_hash_knows_shape() -> None:
    pixels = np.zeros((16, 32, 3), np.uint8)
    assert content_hash(pixels) != content_hash(pixels.reshape(32, 16, 3))
