"""Who may call: API keys with scopes, or anybody on this machine when the server listens only here."""

from __future__ import annotations

import hashlib
import threading
import time
from typing import Annotated

from fastapi import Depends, Request

from agent.api.errors import ForbiddenError, OpenDoorError, TooManyRequestsError, UnauthenticatedError
from agent.api.limits import is_loopback
from agent.settings import Settings
from agent.store.keys import ApiKeyRow
from agent.store.repository import Store

LOCAL = "local"
"""Who calls, in the audit trail, where no key is needed: somebody on this machine."""
NO_KEY = "a valid API key is needed: send it as Authorization: Bearer rr_…"
REMEMBER_S = 30.0
"""How long a checked key is not hashed again; a revoked key works at most this long."""


def check_door(settings: Settings, store: Store) -> bool:
    """True when callers need a key: where the server can be reached from outside.

    Raises:
        OpenDoorError: it can, and there is no key yet.
    """
    if is_loopback(settings.host):
        return False
    if not any(key.revoked_at is None for key in store.list_keys()):
        raise OpenDoorError(
            f"refusing to listen on {settings.host} without authentication; "
            "make a key first: redrabbit keys create NAME --scope read --scope write"
        )
    return True


class Keys:
    """Checks keys, and remembers those that opened for half a minute: scrypt is slow on purpose."""

    def __init__(self, store: Store, *, needed: bool, per_minute: int = 1200) -> None:
        """Check against a store; `needed=False` lets everybody in with every scope."""
        self.store = store
        self.per_minute = per_minute
        self._buckets: dict[str, tuple[float, float]] = {}
        self.needed = needed
        self._known: dict[str, tuple[float, ApiKeyRow]] = {}
        self._lock = threading.Lock()

    def find(self, key: str) -> ApiKeyRow | None:
        """The record of a key that opens, or None."""
        digest = hashlib.sha256(key.encode("utf-8", "surrogateescape")).hexdigest()
        now = time.monotonic()
        with self._lock:
            known = self._known.get(digest)
        if known is not None and now - known[0] < REMEMBER_S:
            return known[1]
        row = self.store.check_key(key)
        if row is not None:
            self.store.touch_key(row.id)
            with self._lock:
                self._known = {name: entry for name, entry in self._known.items() if now - entry[0] < REMEMBER_S}
                self._known[digest] = (now, row)
        return row

    def count(self, row: ApiKeyRow) -> None:
        """Note a request of a key: a bucket that holds a minute's worth and is filled steadily.

        Raises:
            TooManyRequestsError: it is empty.
        """
        now = time.monotonic()
        with self._lock:
            left, at = self._buckets.get(row.id, (float(self.per_minute), now))
            left = min(float(self.per_minute), left + (now - at) * self.per_minute / 60)
            self._buckets[row.id] = (max(left - 1, 0.0), now)
        if left < 1:
            raise TooManyRequestsError(f"the key {row.name!r} is used more than {self.per_minute} times a minute")


def presented(request: Request) -> str | None:
    """The key that a request carries, if any."""
    scheme, _, value = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() == "bearer" and value:
        return value.strip()
    return request.headers.get("x-api-key")


def signature(row: ApiKeyRow) -> str:
    """A key in the audit trail: its name, and its handle, for two keys may have one name."""
    return f"{row.name[:80]} ({row.handle})"


class Needs:
    """A dependency: the caller's key must hold this scope."""

    def __init__(self, scope: str) -> None:
        """Ask for a scope."""
        self.scope = scope

    def __call__(self, request: Request) -> str:
        """The caller's name; empty where no key is needed."""
        keys: Keys = request.app.state.keys
        if not keys.needed:
            request.state.caller = LOCAL
            return ""
        key = presented(request)
        row = keys.find(key) if key else None
        if row is None:
            raise UnauthenticatedError(NO_KEY)
        request.state.caller = signature(row)
        keys.count(row)
        if self.scope not in row.scopes and "admin" not in row.scopes:
            raise ForbiddenError(f"the key {row.name!r} may not {self.scope}; ask for one with that scope")
        return row.name


Reader = Annotated[str, Depends(Needs("read"))]
Writer = Annotated[str, Depends(Needs("write"))]
