"""fal.ai's queue through its own client: submit, look, fetch; each call is made once and says what is certain after it.

Knows nothing of money or memory. The one thing it is strict about: whether a request that failed may have been accepted
all the same (`UncertainError`), for then sending it again could be paid for twice.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Coroutine, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar
from urllib.parse import urlsplit

from tools.generation.fal import FalError, FalRefusedError, FalRequest

T = TypeVar("T")
SUBMIT_TIMEOUT_S = 60.0
FETCH_TIMEOUT_S = 120.0
MAX_BYTES = 64 * 2**20
LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})
CERTAIN = frozenset({429, 503})
"""Answers to a submit after which it is certain that nothing was accepted, beside all other 4xx."""


class BusyError(FalError):
    """Not accepted now; later it may be. `retry_after_s` where fal.ai said when."""

    def __init__(self, message: str, retry_after_s: float | None = None) -> None:
        """Keep the pause that was asked for."""
        super().__init__(message)
        self.retry_after_s = retry_after_s


class UncertainError(FalError):
    """The request was sent and no answer came: it may have been accepted."""


class ExpiredError(FalError):
    """The link of a picture leads nowhere any more."""


@dataclass(frozen=True)
class Answer:
    """How a request is doing: `waiting`, or finished with a payload or an error."""

    waiting: bool
    payload: dict[str, Any] | None = None
    error: str | None = None


class FalQueue:
    """One account at fal.ai, or at a server that speaks its protocol."""

    def __init__(self, key: str, *, url: str | None = None) -> None:
        """Take a key (`id:secret`); `url` is another server's, for tests: it serves queue, results and keys."""
        self._key = key
        self.url = url.rstrip("/") if url else None

    def submit(self, request: FalRequest, webhook_url: str | None = None) -> str:
        """Put a request on the queue, once; returns fal.ai's id of it.

        Raises:
            BusyError: certainly not accepted; try again later.
            FalRefusedError: certainly not accepted, and never will be.
            FalError: certainly not accepted: the key is wrong or the account is out of money.
            UncertainError: nobody knows.
        """
        import httpx

        client = self._client()
        try:
            handle = _run(client.submit(request.endpoint, dict(request.arguments), webhook_url=webhook_url))
        except (httpx.ConnectError, httpx.ConnectTimeout) as error:
            raise BusyError(f"fal.ai cannot be reached ({_short(error)})") from None
        except httpx.HTTPError as error:
            raise UncertainError(f"the answer of fal.ai was lost ({_short(error)})") from None
        except (ValueError, KeyError) as error:
            raise UncertainError(f"the answer of fal.ai cannot be read ({_short(error)})") from None
        except Exception as error:
            raise _submit_error(error) from None
        return str(handle.request_id)

    def look(self, endpoint: str, request_id: str) -> Answer:
        """Ask how a request is doing; fetches its result document when it is finished.

        Raises:
            BusyError: fal.ai does not answer now.
        """
        import fal_client
        import httpx

        client = self._client()

        async def ask() -> Answer:
            status = await client.status(endpoint, request_id)
            if not isinstance(status, fal_client.Completed):
                return Answer(waiting=True)
            if status.error:
                return Answer(waiting=False, error=explain(status.error, getattr(status, "error_type", None)))
            payload = await client.result(endpoint, request_id)
            if not isinstance(payload, dict):
                return Answer(waiting=False, error=explain("finished without a result"))
            return Answer(waiting=False, payload=payload)

        try:
            return _run(ask())
        except httpx.HTTPError as error:
            raise BusyError(f"fal.ai does not answer ({_short(error)})") from None
        except fal_client.FalClientHTTPError as error:
            if error.status_code in (408, 409, 429, 502, 503, 504):
                raise BusyError(f"fal.ai answers {error.status_code}") from None
            return Answer(waiting=False, error=explain(error.message, error.error_type))

    def cancel(self, endpoint: str, request_id: str) -> bool:
        """Ask fal.ai to drop a request; False where it is finished or not known any more.

        True is no promise: one that is being worked on may be finished, and paid for, all the same.

        Raises:
            BusyError: fal.ai does not answer now.
        """
        import fal_client
        import httpx

        try:
            _run(self._client().cancel(endpoint, request_id))
        except httpx.HTTPError as error:
            raise BusyError(f"fal.ai does not answer ({_short(error)})") from None
        except fal_client.FalClientHTTPError as error:
            if error.status_code in (400, 404, 409, 410, 422):
                return False
            raise BusyError(f"fal.ai answers {error.status_code}") from None
        return True

    def fetch(self, payload: Mapping[str, Any]) -> bytes:
        """The bytes of a result's picture.

        Raises:
            FalRefusedError: the safety filter withheld it, or there is none.
            ExpiredError: its link leads nowhere.
            BusyError: it did not come whole, or not in time.
        """
        url = picture_url(payload)
        if url.startswith("data:"):
            import base64

            return base64.b64decode(url.partition(",")[2])
        parts = urlsplit(url)
        if parts.scheme != "https" and not (self.url and parts.hostname in LOOPBACK):
            raise FalError(f"fal.ai names a picture at {parts.scheme}://{parts.hostname}, which is not fetched")
        return _download(url)

    def _client(self) -> Any:
        """A client of fal.ai's own, told never to repeat a request by itself.

        It would repeat a submit whose answer was lost, up to ten times, and each could be paid for.
        """
        import fal_client
        from fal_client import client as module

        if not hasattr(module, "MAX_ATTEMPTS"):
            raise FalError("this version of fal-client cannot be told to send once; install the locked version")
        module.MAX_ATTEMPTS = 1
        if self.url:
            module.QUEUE_URL_FORMAT = module.RUN_URL_FORMAT = f"{self.url}/"
            module.REST_URL = module.CDN_URL = self.url
        return fal_client.AsyncClient(key=self._key, default_timeout=SUBMIT_TIMEOUT_S)


def ask_now(queue: FalQueue, *, timeout_s: float = 600.0, poll_s: float = 1.0) -> Callable[[FalRequest], bytes]:
    """An `Ask` that sends, polls and fetches at once and remembers nothing: for a script on one machine."""

    def ask(request: FalRequest) -> bytes:
        end = time.monotonic() + timeout_s
        request_id = queue.submit(request)
        while time.monotonic() < end:
            answer = queue.look(request.endpoint, request_id)
            if answer.error is not None:
                raise FalRefusedError(answer.error)
            if answer.payload is not None:
                return queue.fetch(answer.payload)
            time.sleep(poll_s)
        raise FalError(f"fal.ai did not finish within {timeout_s:g} s")

    return ask


def picture_url(payload: Mapping[str, Any]) -> str:
    """The address of the picture in a result document.

    Raises:
        FalRefusedError: the safety filter withheld it, or there is none.
    """
    flags = payload.get("has_nsfw_concepts") or []
    if any(flags):
        raise FalRefusedError("fal.ai's safety filter withheld the picture; say the defect in plainer words")
    pictures = payload.get("images") or [payload.get("image")]
    first = pictures[0] if isinstance(pictures, list) and pictures else None
    url = first.get("url") if isinstance(first, Mapping) else None
    if not isinstance(url, str) or not url:
        raise FalRefusedError("fal.ai's answer holds no picture; check the endpoint")
    return url


def explain(error: Any, kind: str | None = None) -> str:
    """fal.ai's error in plain words; what it said itself stays in brackets, shortened."""
    text = error if isinstance(error, str) else str(_first_message(error))
    known = f"{kind or ''} {error}".lower()
    short = " ".join(text.split())[:200]
    if any(word in known for word in ("content_policy", "content checker", "nsfw", "safety")):
        return f"fal.ai's safety filter refused the request; say the defect in plainer words ({short})"
    if "image_load" in known or "file_download" in known or "image_too" in known:
        return f"fal.ai could not use the photo that was sent; try a smaller one ({short})"
    if "timeout" in known or "timed out" in known:
        return f"fal.ai took too long over it ({short})"
    return f"fal.ai could not make the picture ({short})"


def _first_message(error: Any) -> Any:
    if isinstance(error, list) and error:
        return _first_message(error[0])
    if isinstance(error, Mapping):
        for name in ("msg", "message", "detail", "error"):
            if error.get(name):
                return _first_message(error[name])
    return error


def _submit_error(error: Exception) -> FalError:
    status = getattr(error, "status_code", None)
    if status is None:
        return UncertainError(f"sending to fal.ai broke off ({_short(error)})")
    if status in CERTAIN:
        pause = dict(getattr(error, "response_headers", {})).get("retry-after", "")
        return BusyError(f"fal.ai answers {status}: it is busy", float(pause) if pause.isdecimal() else None)
    if status in (401, 403):
        return FalError(
            f"fal.ai does not accept the key or the account ({status}); check REDRABBIT_FAL_KEY and its balance"
        )
    if status == 402:
        return FalError("the fal.ai account is out of money; top it up and start again")
    if 400 <= status < 500 and status not in (408, 409):
        return FalRefusedError(explain(getattr(error, "message", ""), getattr(error, "error_type", None)))
    return UncertainError(f"fal.ai answers {status}: whether it took the request is not certain")


def _download(url: str) -> bytes:
    import httpx

    async def get() -> bytes:
        data = bytearray()
        async with (
            httpx.AsyncClient(follow_redirects=False, timeout=30.0) as client,
            client.stream("GET", url) as reply,
        ):
            if reply.status_code in (401, 403, 404, 410):
                raise ExpiredError(f"the link of a picture has expired ({reply.status_code})")
            if reply.status_code != 200:
                raise BusyError(f"a picture could not be fetched ({reply.status_code})")
            async for chunk in reply.aiter_bytes():
                data += chunk
                if len(data) > MAX_BYTES:
                    raise FalRefusedError(f"fal.ai's picture is larger than {MAX_BYTES // 2**20} MiB")
        return bytes(data)

    async def in_time() -> bytes:
        return await asyncio.wait_for(get(), FETCH_TIMEOUT_S)

    try:
        return _run(in_time())
    except (httpx.HTTPError, TimeoutError) as error:
        raise BusyError(f"a picture did not come whole ({_short(error)})") from None


def _run(work: Coroutine[Any, Any, T]) -> T:
    """Run to the end in a loop of its own: steps and scripts are plain threads."""
    return asyncio.run(work)


def _short(error: Exception) -> str:
    """An error's kind and first words; never a key or an address with one."""
    return type(error).__name__
