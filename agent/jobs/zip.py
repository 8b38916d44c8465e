"""A folder as a zip file: on disk, or as a stream that needs no disk at all."""

from __future__ import annotations

import os
import zipfile
from collections.abc import Iterator
from pathlib import Path

CHUNK = 1 << 20
EPOCH = (1980, 1, 1, 0, 0, 0)
"""One time for all entries, so that the same folder gives the same bytes."""
STORED = frozenset({".png", ".jpg", ".jpeg", ".webp", ".zip", ".safetensors"})


class _Pipe:
    """Takes what zipfile writes until somebody reads it."""

    def __init__(self) -> None:
        self._parts: list[bytes] = []

    def write(self, data: bytes) -> int:
        """Keep bytes."""
        self._parts.append(bytes(data))
        return len(data)

    def flush(self) -> None:
        """Nothing is held back."""

    def take(self) -> bytes:
        """Everything kept so far."""
        data = b"".join(self._parts)
        self._parts.clear()
        return data


def zip_stream(folder: Path) -> Iterator[bytes]:
    """The bytes of a zip file of a folder's files, in order of their names; images are stored, the rest deflated."""
    pipe = _Pipe()
    with zipfile.ZipFile(pipe, "w", allowZip64=True) as archive:  # type: ignore[call-overload]
        for path in sorted(each for each in folder.rglob("*") if each.is_file() and not each.name.startswith(".")):
            entry = zipfile.ZipInfo(path.relative_to(folder).as_posix(), date_time=EPOCH)
            entry.compress_type = zipfile.ZIP_STORED if path.suffix in STORED else zipfile.ZIP_DEFLATED
            entry.external_attr = 0o644 << 16
            with archive.open(entry, "w", force_zip64=True) as target, path.open("rb") as source:
                while chunk := source.read(CHUNK):
                    target.write(chunk)
                    if data := pipe.take():
                        yield data
    yield pipe.take()


def zip_folder(folder: Path, target: Path) -> Path:
    """Write the zip file of a folder; a reader sees all of it or none."""
    target.parent.mkdir(parents=True, exist_ok=True)
    part = target.with_name(f".{target.name}.part")
    with part.open("wb") as stream:
        for data in zip_stream(folder):
            stream.write(data)
    os.replace(part, target)
    return target
