"""Files by the hash of their bytes: written once, never changed, never named by a user.

`FileStore` keeps them below one root, a local folder or any fsspec address (`s3://bucket/prefix`). A key looks like
`ab/cd/abcd….png`: two levels of folders, the SHA-256, and a suffix from a short list.
"""

from __future__ import annotations

import hashlib
import os
import re
import uuid
from pathlib import Path
from typing import Any, BinaryIO

from agent.settings import Settings
from agent.store.errors import NotFoundError, StoreError

SUFFIXES = frozenset(
    {".png", ".jpg", ".jpeg", ".bmp", ".tif", ".tiff", ".webp", ".json", ".jsonl", ".html", ".pdf", ".md", ".npy"}
    | {".zip", ".txt", ".safetensors", ".onnx", ".bin"}
)
KEY = re.compile(r"[0-9a-f]{2}/[0-9a-f]{2}/[0-9a-f]{64}\.[a-z]{2,11}")


class FileStore:
    """Content-addressed files. The same bytes have the same key, whoever stores them."""

    def __init__(self, root: Path | str, cache: Path | None = None) -> None:
        """Open a root.

        Args:
            root: a folder (made when first written to), or an fsspec URL.
            cache: where files of an object store are copied to when a path on this machine is needed.
        """
        import fsspec

        self.cache = cache

        self.filesystem: Any
        self.filesystem, self.root = fsspec.core.url_to_fs(str(root))
        self.is_local = "file" in self.filesystem.protocol

    def put(self, data: bytes, suffix: str = ".bin") -> str:
        """Store bytes; a reader sees all of them or none.

        Args:
            data: the bytes.
            suffix: one of `SUFFIXES`, in any case.

        Returns:
            The key.

        Raises:
            StoreError: a suffix that is not on the list, or the disk refused.
        """
        if suffix.lower() not in SUFFIXES:
            raise StoreError(f"files ending in {suffix[:20]!r} are not kept; use one of {', '.join(sorted(SUFFIXES))}")
        digest = hashlib.sha256(data).hexdigest()
        key = f"{digest[:2]}/{digest[2:4]}/{digest}{suffix.lower()}"
        target = self._full(key)
        try:
            if self.filesystem.exists(target):
                return key
            self.filesystem.makedirs(target.rsplit("/", 1)[0], exist_ok=True)
            if not self.is_local:  # an object store shows an object when it is whole
                self.filesystem.pipe_file(target, data)
                return key
            part = f"{target}.{uuid.uuid4().hex}.part"
            with open(part, "wb") as stream:
                stream.write(data)
                stream.flush()
                os.fsync(stream.fileno())
            os.replace(part, target)
        except OSError as error:
            raise StoreError(f"a file could not be stored in {self.root}: {error.strerror or error}") from None
        return key

    def get(self, key: str) -> bytes:
        """The bytes of a key, checked against it.

        Raises:
            NotFoundError: no such file.
            StoreError: the bytes on disk are not those that were stored.
        """
        try:
            data: bytes = self.filesystem.cat_file(self._full(key))
        except FileNotFoundError:
            raise NotFoundError(f"there is no file {key[:90]}; it may have been removed from the data folder") from None
        if hashlib.sha256(data).hexdigest() != _digest(key):
            raise StoreError(f"the file {key} was changed on disk; restore it from a backup")
        return data

    def open(self, key: str) -> BinaryIO:
        """A stream of a key's bytes.

        Raises:
            NotFoundError: no such file.
        """
        try:
            stream: BinaryIO = self.filesystem.open(self._full(key), "rb")
        except FileNotFoundError:
            raise NotFoundError(f"there is no file {key[:90]}; it may have been removed from the data folder") from None
        return stream

    def exists(self, key: str) -> bool:
        """True when the file is there."""
        return bool(self.filesystem.exists(self._full(key)))

    def local_path(self, key: str) -> Path:
        """The file on this machine's disk; one of an object store is copied into the cache.

        Raises:
            NotFoundError: no such file.
            StoreError: the root is not a local folder, and there is no cache.
        """
        if not self.is_local:
            return self._cached(key)
        path = Path(self._full(key))
        if not path.is_file():
            raise NotFoundError(f"there is no file {key[:90]}; it may have been removed from the data folder")
        return path

    def _cached(self, key: str) -> Path:
        if self.cache is None:
            raise StoreError(f"{self.root} is not a local folder; read the file with get or open")
        self._full(key)
        target = self.cache / key
        if not target.is_file():
            data = self.get(key)
            target.parent.mkdir(parents=True, exist_ok=True)
            part = target.with_name(f"{target.name}.{uuid.uuid4().hex}.part")
            part.write_bytes(data)
            os.replace(part, target)
        return target

    def _full(self, key: str) -> str:
        if not KEY.fullmatch(key):
            raise NotFoundError(f"{key[:90]!r} is not a file key")
        return f"{self.root}/{key}"


def _digest(key: str) -> str:
    return key.rsplit("/", 1)[-1].split(".", 1)[0]


def open_files(settings: Settings) -> FileStore:
    """The file store of the settings: below the data folder, or in an object store."""
    return FileStore(settings.files_url or settings.data_dir / "files", settings.data_dir / "cache")
