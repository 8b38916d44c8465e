"""API keys. The database holds a salted scrypt hash, never the key."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from datetime import datetime

from sqlmodel import Field, select

from agent.store.base import Queries, Row, json_field, now, time_field
from agent.store.errors import ConflictError, NotFoundError

SCOPES = ("read", "write", "admin")
"""`read` looks, `write` also makes and changes, `admin` also manages keys."""
PREFIX = "rr_"


class ApiKeyRow(Row, table=True):
    """Who may call the API, and for what."""

    __tablename__ = "api_key"

    name: str = Field(max_length=100)
    handle: str = Field(max_length=16, unique=True)
    """The public part of the key, by which it is found."""
    salt: str = Field(max_length=64)
    secret_hash: str = Field(max_length=128)
    scopes: list[str] = json_field(default_factory=list)
    revoked_at: datetime | None = time_field(default=None, default_factory=None, nullable=True)
    last_used_at: datetime | None = time_field(default=None, default_factory=None, nullable=True)


def _hash(secret: str, salt: bytes) -> str:
    # RFC 7914's interactive parameters; the secret has 256 random bits, so this is a second wall, not the first.
    return hashlib.scrypt(secret.encode(), salt=salt, n=2**14, r=8, p=1, dklen=32).hex()


class KeyQueries(Queries):
    """Make, check, list and revoke keys."""

    def create_key(self, name: str, scopes: tuple[str, ...] = ("read", "write")) -> tuple[ApiKeyRow, str]:
        """A new key; the second value is the key itself, which nobody can read again later.

        Raises:
            ConflictError: a scope does not exist.
        """
        wrong = [scope for scope in scopes if scope not in SCOPES]
        if wrong or not scopes:
            given = ", ".join(wrong) or "nothing"
            raise ConflictError(f"{given} is not a scope; use some of {', '.join(SCOPES)}")
        handle, secret, salt = secrets.token_hex(4), secrets.token_urlsafe(32), secrets.token_bytes(16)
        row = ApiKeyRow(
            name=name[:100], handle=handle, salt=salt.hex(), secret_hash=_hash(secret, salt), scopes=list(scopes)
        )
        return self._add(row), f"{PREFIX}{handle}_{secret}"

    def check_key(self, key: str) -> ApiKeyRow | None:
        """The record of a valid key, or None."""
        handle, _, secret = key.removeprefix(PREFIX).partition("_")
        if not key.startswith(PREFIX) or not secret or len(key) > 200:
            return None
        with self.reading() as session:
            row = session.exec(select(ApiKeyRow).where(ApiKeyRow.handle == handle)).first()
        if row is None or row.revoked_at is not None:
            return None
        right = hmac.compare_digest(_hash(secret, bytes.fromhex(row.salt)), row.secret_hash)
        return row if right else None

    def touch_key(self, key_id: str) -> None:
        """Note that a key was used."""
        with self.writing() as session:
            row = session.get(ApiKeyRow, key_id)
            if row is not None:
                row.last_used_at = now()
                session.add(row)

    def list_keys(self) -> list[ApiKeyRow]:
        """All keys, newest first, revoked ones included."""
        return self._list(ApiKeyRow, limit=1000)

    def revoke_key(self, handle: str) -> ApiKeyRow:
        """End a key by its handle.

        Raises:
            NotFoundError: no key has this handle.
        """
        with self.writing() as session:
            row = session.exec(select(ApiKeyRow).where(ApiKeyRow.handle == handle.removeprefix(PREFIX))).first()
            if row is None:
                raise NotFoundError(f"no key has the handle {handle[:40]!r}; redrabbit keys list shows them")
            row.revoked_at = row.revoked_at or now()
            session.add(row)
        return row
