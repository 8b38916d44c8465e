"""Handing out files of the data folder by signed links, so that no name from outside ever becomes a path.

A link is made by the server for a path it chose itself; it carries an HMAC-SHA256 under a secret of this installation
and the day it ends. A changed, guessed or old link opens nothing; a valid one needs no key, so that pictures show in a
browser.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import os
import secrets
import tempfile
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

from agent.settings import Settings
from agent.store.errors import NotFoundError

FORBIDDEN = frozenset({".db", ".db-wal", ".db-shm", ".lock", ".secret"})
TAG_BYTES = 16
DAY_S = 86_400
VALID_DAYS = 7


def _secret(file: Path) -> bytes:
    """The secret of this installation; of several processes that start at once, the first one's."""
    if not file.exists():
        file.parent.mkdir(parents=True, exist_ok=True)
        handle, part = tempfile.mkstemp(dir=file.parent, prefix=".links.")  # readable by its owner alone
        with os.fdopen(handle, "wb") as stream:
            stream.write(secrets.token_bytes(32))
        with suppress(FileExistsError):
            os.link(part, file)
        os.unlink(part)
    return file.read_bytes()


class Artifacts:
    """Links to files and folders below one folder."""

    def __init__(self, settings: Settings, prefix: str = "/v1/artifacts") -> None:
        """Use the data folder; makes its secret at the first time."""
        self.root = settings.data_dir.resolve()
        self.prefix = prefix
        self._secret = _secret(self.root / "links.secret")

    def link(self, path: Path) -> str | None:
        """The link to a file or folder of the data folder, good for a week; None for any other path."""
        try:
            relative = path.resolve().relative_to(self.root)
        except ValueError:
            return None
        last_day = int(time.time() // DAY_S) + VALID_DAYS
        signed = last_day.to_bytes(3, "big") + str(relative).encode("utf-8", "surrogateescape")
        token = base64.urlsafe_b64encode(self._tag(signed) + signed).decode().rstrip("=")
        return f"{self.prefix}/{token}"

    def resolve(self, token: str) -> Path:
        """The file or folder behind a link's token.

        Raises:
            NotFoundError: not a link of this server, too old, or the file is gone.
        """
        missing = NotFoundError("this link leads nowhere: it is old or was changed, or the file was removed")
        try:
            data = base64.urlsafe_b64decode(token + "=" * (-len(token) % 4))
        except ValueError:
            raise missing from None
        tag, signed = data[:TAG_BYTES], data[TAG_BYTES:]
        if not hmac.compare_digest(tag, self._tag(signed)):
            raise missing
        if int.from_bytes(signed[:3], "big") < time.time() // DAY_S:
            raise missing
        path = (self.root / signed[3:].decode("utf-8", "surrogateescape")).resolve()
        if not path.is_relative_to(self.root) or path.suffix in FORBIDDEN or path == self.root or not path.exists():
            raise missing
        return path

    def with_links(self, value: Any) -> Any:
        """A JSON-like value in which every absolute path is its link, or its last part where it lies elsewhere."""
        if isinstance(value, Path) or (isinstance(value, str) and value.startswith("/") and Path(value).is_absolute()):
            path = Path(value)
            return self._link_if_there(path) or path.name
        if isinstance(value, dict):
            return {name: self.with_links(item) for name, item in value.items()}
        if isinstance(value, (list, tuple)):
            return [self.with_links(item) for item in value]
        return value

    def _link_if_there(self, path: Path) -> str | None:
        try:
            return self.link(path) if path.exists() else None
        except (OSError, ValueError):  # too long for a path, or with a NUL: words that only begin like one
            return None

    def _tag(self, signed: bytes) -> bytes:
        return hmac.digest(self._secret, signed, hashlib.sha256)[:TAG_BYTES]
