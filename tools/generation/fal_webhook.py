"""Is a delivery really fal.ai's: Ed25519 over the request, the user, the time and the hash of the body."""

from __future__ import annotations

import base64
import hashlib
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from tools.errors import BadInputError

JWKS_URL = "https://rest.fal.ai/.well-known/jwks.json"
TOLERANCE_S = 300.0
KEYS_FOR_S = 24 * 3600.0
KEYS_AGAIN_AFTER_S = 30.0
"""After a signature that no key fits, or where they cannot be had, keys are fetched again, but not more often: forgers
must not drive it."""
HEADERS = ("request-id", "user-id", "timestamp", "signature")


class WebhookError(BadInputError):
    """A delivery that is not believed."""


@dataclass(frozen=True)
class Delivery:
    """A delivery whose signature is right. `id` is the same for the same signed message."""

    id: str
    request_id: str
    sent_at: int


def fetch_keys(url: str = JWKS_URL) -> list[bytes]:
    """The public keys of a JWKS document (RFC 8037: `keys[].x` is base64url).

    Raises:
        WebhookError: it cannot be had.
    """
    import httpx

    try:
        document = httpx.get(url, timeout=10.0, follow_redirects=False).raise_for_status().json()
        return [_decode(str(each["x"])) for each in document["keys"]]
    except (httpx.HTTPError, ValueError, KeyError, TypeError) as error:
        raise WebhookError(
            f"fal.ai's public keys cannot be had ({type(error).__name__}); is {url} reachable?"
        ) from None


class Verifier:
    """Checks deliveries; keeps the public keys for a day."""

    def __init__(self, keys: Callable[[], list[bytes]], *, now: Callable[[], float] = time.time) -> None:
        """Take where keys come from, and a clock."""
        self._fetch, self._now = keys, now
        self._keys: list[bytes] = []
        self._fetched_at = self._tried_at = float("-inf")
        self._lock = threading.Lock()

    def check(self, headers: Mapping[str, str], body: bytes) -> Delivery:
        """Believe a delivery, or not.

        Args:
            headers: with lower-case names, or a mapping that does not mind the case.
            body: the bytes as they came.

        Raises:
            WebhookError: a header is missing, the time is more than five minutes off, or no key fits.
        """
        given = {name: headers.get(f"x-fal-webhook-{name}", "") for name in HEADERS}
        missing = [name for name, value in given.items() if not value]
        if missing:
            raise WebhookError(f"the delivery has no X-Fal-Webhook-{missing[0].title()}; only fal.ai may call this")
        try:
            sent_at, signature = int(given["timestamp"]), bytes.fromhex(given["signature"])
        except ValueError:
            raise WebhookError("the delivery's time or signature cannot be read") from None
        if abs(self._now() - sent_at) > TOLERANCE_S:
            raise WebhookError("the delivery is more than five minutes old, or from the future")
        message = "\n".join(
            (given["request-id"], given["user-id"], given["timestamp"], hashlib.sha256(body).hexdigest())
        ).encode()
        if not any(_fits(key, signature, message) for key in self._current(False)) and not any(
            _fits(key, signature, message) for key in self._current(True)
        ):
            raise WebhookError("the delivery's signature is wrong; it is not fal.ai's")
        return Delivery(hashlib.sha256(message + signature).hexdigest(), given["request-id"], sent_at)

    def _current(self, again: bool) -> list[bytes]:
        with self._lock:
            now = self._now()
            if now - self._fetched_at > (KEYS_AGAIN_AFTER_S if again else KEYS_FOR_S):
                if now - self._tried_at <= KEYS_AGAIN_AFTER_S:
                    raise WebhookError("fal.ai's public keys could not be had a moment ago; deliver it again later")
                self._tried_at = now
                self._keys, self._fetched_at = self._fetch(), now
            return self._keys


def _fits(key: bytes, signature: bytes, message: bytes) -> bool:
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

    try:
        Ed25519PublicKey.from_public_bytes(key).verify(signature, message)
    except (InvalidSignature, ValueError):
        return False
    return True


def _decode(text: Any) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
