"""Letting images in: counted, decoded once to be sure, and stored under the hash of their bytes."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from fastapi import UploadFile

from agent.api.errors import TooLargeError
from agent.settings import Settings
from agent.store.files import FileStore
from agent.store.images import ImageRow
from agent.store.repository import Store
from tools.vision.errors import ImageError
from tools.vision.images import ImageLimits, content_hash, load_image, write_atomic

CHUNK = 1 << 20
MAGIC = (
    (b"\x89PNG\r\n\x1a\n", ".png"),
    (b"\xff\xd8\xff", ".jpg"),
    (b"BM", ".bmp"),
    (b"II*\x00", ".tif"),
    (b"MM\x00*", ".tif"),
)


def shown_name(name: str | None) -> str:
    """A file name as something to show: no folders, no control characters, at most 120 long."""
    last = re.split(r"[/\\]", name or "")[-1]
    clean = "".join(letter for letter in last if letter.isprintable())[:120].strip()
    return clean or "upload"


def kind_of(data: bytes) -> str | None:
    """The suffix that fits the first bytes of an image file; None where they are not one."""
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return ".webp"
    return next((suffix for magic, suffix in MAGIC if data.startswith(magic)), None)


def read_upload(upload: UploadFile, settings: Settings) -> bytes:
    """The bytes of an upload.

    Raises:
        TooLargeError: more than the settings allow.
    """
    data = bytearray()
    while chunk := upload.file.read(CHUNK):
        data += chunk
        if len(data) > settings.max_upload_mb * 2**20:
            name = shown_name(upload.filename)
            raise TooLargeError(f"{name} is larger than {settings.max_upload_mb} MiB; scale or crop it")
    return bytes(data)


def limits(settings: Settings) -> ImageLimits:
    """The settings' limits for images from outside."""
    return ImageLimits(max_megapixels=settings.max_image_megapixels, max_bytes=settings.max_upload_mb * 2**20)


@dataclass(frozen=True)
class Checked:
    """An image that somebody sent and that can be used."""

    data: bytes
    name: str
    suffix: str
    size_hw: tuple[int, int]


def check_image(data: bytes, name: str | None, settings: Settings) -> Checked:
    """Decode an image once, to be sure; keeps nothing.

    Raises:
        ImageError: not an image, or one that cannot be used.
    """
    shown, suffix = shown_name(name), kind_of(data)
    if data and suffix is None:
        raise ImageError(f"{shown} is not an image that can be read; use PNG, JPEG, BMP, TIFF or WebP")
    height, width = load_image(data, limits=limits(settings), name=shown).shape[:2]
    return Checked(data, shown, str(suffix), (height, width))


def keep_image(image: Checked, store: Store, files: FileStore) -> ImageRow:
    """Keep an image; the same bytes are kept once, also when they come twice at the same time."""
    digest = content_hash(image.data)
    known = store.find_image(digest, kind="photo")
    if known is not None:
        return known
    height, width = image.size_hw
    return store.save_image(
        ImageRow(
            content_hash=digest,
            path=files.put(image.data, image.suffix),
            name=image.name,
            width_px=width,
            height_px=height,
            recipe=content_hash(f"photo/{digest}".encode()),
        )
    )


def image_path(row: ImageRow, files: FileStore) -> Path:
    """Where a stored picture lies on this machine's disk."""
    path = Path(row.path)
    return path if path.is_absolute() else files.local_path(row.path)


def keep_named(data: bytes, name: str | None, conversation_id: str, settings: Settings) -> Path:
    """Check an image and keep it in the conversation's folder under a harmless form of its name.

    The person who sent `Part 7 (left).PNG` reads `part-7-left.png` in captions and reports, not a hash.

    Raises:
        ImageError: not an image, or one that cannot be used.
    """
    checked = check_image(data, name, settings)
    shown, suffix = checked.name, checked.suffix
    stem = re.sub(r"[^a-z0-9]+", "-", Path(shown).stem.lower()).strip("-")[:40] or "photo"
    folder = settings.data_dir / "uploads" / re.sub(r"[^A-Za-z0-9_-]", "", conversation_id)[:64]
    for number in range(1, 10_000):
        target = folder / f"{stem}{'' if number == 1 else f'-{number}'}{suffix}"
        if not target.exists():
            write_atomic(target, data)
            return target
        if target.read_bytes() == data:
            return target
    raise ImageError(f"{shown} was sent too often under this name; rename it")
