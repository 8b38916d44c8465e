"""Asking fal.ai from a job: every request goes through the ledger in the store, so it is paid for at most once.

A request is recorded before it is sent. Where its reply is lost (the connection broke, the process was killed) it is
not sent again: the webhook's address carries the request's own key, so the answer finds its record without the reply.
Where there is no webhook, the record stays `unknown`, and a person decides. Bytes are stored as soon as an answer names
them. A cancelled job has its request dropped at fal.ai; a picture that comes all the same is paid for, so it is kept.
"""

from __future__ import annotations

import logging
import time
from dataclasses import dataclass
from typing import Protocol

from agent.jobs.errors import JobCancelledError, JobStoppedError
from agent.settings import Settings
from agent.store.base import now
from agent.store.files import FileStore, open_files
from agent.store.repository import Store, open_store
from agent.store.requests import Allowance, RequestRow
from tools.errors import RedRabbitError
from tools.generation import fal
from tools.generation.fal import FalError, FalOptions, FalRefusedError, FalRequest
from tools.generation.fal_queue import BusyError, ExpiredError, FalQueue, UncertainError

LOOK_EVERY_S = 0.4
"""How often the own record is read while an answer is awaited."""
MOST_TRIES = 12
PAUSE_S, LONGEST_PAUSE_S = 0.5, 60.0
FETCHES = 6
CONFIRM_S = 5.0
"""How long a cancelled job asks whether fal.ai has dropped its request; later whoever wants the picture finds out."""
WITHDRAWN = "its job was cancelled, and fal.ai was asked to drop it"
REFUSED = "refused: "
"""How the stored error of a request begins that will fail again with the same arguments."""

log = logging.getLogger("redrabbit.fal")


def queue_of(settings: Settings) -> FalQueue:
    """The account of the settings.

    Raises:
        FalError: no key is set.
    """
    if settings.fal_key is None:
        raise FalError("fal.ai is not set up: set REDRABBIT_FAL_KEY=id:secret, or use the generator renderer")
    return FalQueue(settings.fal_key.get_secret_value(), url=settings.fal_url)


def options_of(settings: Settings) -> FalOptions:
    """Which model, and what it is told."""
    return FalOptions(endpoint=settings.fal_endpoint, arguments=settings.fal_arguments)


def connect(settings: Settings, paid_by: str, spend_usd: float | None, work: Watch) -> None:
    """Let the generator `fal` of this process ask on account of a job."""
    ask = LedgerAsk(settings, paid_by, spend_usd, work)
    fal.connect(fal.Connection(ask, options_of(settings), settings.fal_usd_per_megapixel))


class Watch(Protocol):
    """Learns that a job should stop; `agent.jobs.work.Work` is one."""

    def check(self) -> None:
        """Raise `JobStoppedError` when it should, `JobCancelledError` when it will not go on later."""
        ...


class Unwatched:
    """A `Watch` that nobody stops."""

    def check(self) -> None:
        """Go on."""


@dataclass
class LedgerAsk:
    """An `Ask` on account of one job."""

    settings: Settings
    paid_by: str
    spend_usd: float | None
    work: Watch

    def __post_init__(self) -> None:
        """Open store, files and account."""
        self.store: Store = open_store(self.settings)
        self.files: FileStore = open_files(self.settings)
        self.queue = queue_of(self.settings)

    def __call__(self, request: FalRequest) -> bytes:
        """The picture's bytes: kept ones, or new ones.

        Raises:
            SpendingError: it would cost too much.
            FalRefusedError: no picture for these arguments.
            FalError: no picture.
            JobStoppedError: the job should end; where it was cancelled, fal.ai was asked to drop the request.
        """
        try:
            return self._get(request)
        except JobCancelledError:
            self._withdraw(request)
            raise

    def _get(self, request: FalRequest) -> bytes:
        pause = PAUSE_S
        for _ in range(MOST_TRIES):
            row, mine = self.store.claim_request(self._row(request), self._allowance())
            try:
                if mine:
                    self._send(request)
                row = self._await(request)
                if row.state == "answered":
                    row = self._fetch(row)
            except BusyError as busy:
                self._sleep(busy.retry_after_s or pause)
                pause = min(pause * 2, LONGEST_PAUSE_S)
                continue
            if row.state == "done" and row.result_key:
                return self.files.get(row.result_key)
            error = row.error or "it gave no reason"
            if error.startswith(REFUSED):
                raise FalRefusedError(error.removeprefix(REFUSED))
            self._sleep(pause)
            pause = min(pause * 2, LONGEST_PAUSE_S)
        raise FalError(f"fal.ai gave no picture in {MOST_TRIES} tries; the last: {self._last_error(request)}")

    def _row(self, request: FalRequest) -> RequestRow:
        return RequestRow(
            id=request.key,
            job_id=self.paid_by,
            endpoint=request.endpoint,
            state="sending",
            price_usd=price_usd(request.megapixels, self.settings),
            webhook=self.settings.fal_webhook_url is not None,
        )

    def _allowance(self) -> Allowance:
        per_job = self.settings.fal_usd_per_job if self.spend_usd is None else self.spend_usd
        return Allowance(per_job, self.settings.fal_usd_per_day)

    def _send(self, request: FalRequest) -> None:
        """Send a request that this call recorded, and record what is certain afterwards."""
        try:
            provider_id = self.queue.submit(request, webhook_url(self.settings, request.key))
        except UncertainError as error:
            log.warning("request %s: %s", request.key[:12], error)
            self.store.settle_request(request.key, "unknown", error=str(error), expected=("sending",))
            return
        except FalRefusedError as error:
            self.store.settle_request(request.key, "failed", error=f"{REFUSED}{error}", expected=("sending",))
            return
        except FalError as error:
            self.store.settle_request(request.key, "failed", error=str(error), expected=("sending",))
            raise
        self.store.note_accepted(request.key, provider_id)

    def _await(self, request: FalRequest) -> RequestRow:
        """Wait until the record says that the answer is there, or that there will be none."""
        poll_at = time.monotonic() + self.settings.fal_poll_s
        while True:
            row = self.store.get_request(request.key)
            if row.state in ("answered", "done", "failed", "cancelled"):
                return row
            if row.state in ("sending", "unknown"):
                self._unheard(row)
            elif time.monotonic() >= poll_at and row.provider_id:
                self._poll(row)
                poll_at = time.monotonic() + self.settings.fal_poll_s
            self._sleep(LOOK_EVERY_S)

    def _unheard(self, row: RequestRow) -> None:
        """A request without a reply: the webhook may still bring its answer; without one nobody will.

        Raises:
            FalError: it has to be decided by a person.
        """
        age = (now() - row.sent_at).total_seconds()
        if row.webhook and age > self.settings.fal_resend_after_s:
            error = "no reply and no webhook: it was never accepted"
            self.store.settle_request(row.id, "failed", error=error, expected=("sending", "unknown"))
        elif not row.webhook and (row.state == "unknown" or age > 180):
            self.store.settle_request(row.id, "unknown", error="the reply was lost", expected=("sending",))
            raise FalError(
                "the reply of fal.ai was lost, so it is not known whether the picture will be paid for; it is not "
                "asked for again by itself. Set REDRABBIT_FAL_WEBHOOK_URL to have answers delivered, or take "
                "another seed"
            )

    def _poll(self, row: RequestRow) -> None:
        """Ask how an accepted request is doing: where no webhook is set, or it has not come."""
        try:
            answer = self.queue.look(row.endpoint, str(row.provider_id))
        except BusyError as error:
            log.info("request %s: %s", row.id[:12], error)
            return
        if not answer.waiting:
            problem = None if answer.error is None else classify(answer.error)
            self.store.note_answer(row.id, str(row.provider_id), payload=answer.payload, error=problem)

    def _withdraw(self, request: FalRequest) -> None:
        """Have fal.ai drop a request that this job pays for; a picture that is made all the same is kept."""
        row = self.store.get_request(request.key)
        if row.job_id != self.paid_by:
            return
        try:
            if row.state == "accepted" and row.provider_id:
                row = self.store.settle_request(row.id, "cancelling", error=WITHDRAWN, expected=("accepted",))
                self.queue.cancel(row.endpoint, str(row.provider_id))
                row = self._confirm(row)
            if row.state == "answered":
                row = self._fetch(row)
        except (FalError, JobStoppedError) as error:
            log.warning("request %s of a cancelled job: %s", row.id[:12], error)
        log.info("request %s of a cancelled job: %s", row.id[:12], row.state)

    def _confirm(self, row: RequestRow) -> RequestRow:
        """What became of a request that fal.ai was asked to drop, as far as it says so soon."""
        end = time.monotonic() + CONFIRM_S
        while row.state == "cancelling" and time.monotonic() < end:
            self._poll(row)
            row = self.store.get_request(row.id)
            if row.state == "cancelling":
                time.sleep(LOOK_EVERY_S)
        return row

    def _fetch(self, row: RequestRow) -> RequestRow:
        """Store the picture's bytes; asks for the result again where its link has expired."""
        payload = row.payload or {}
        for number in range(FETCHES):
            try:
                key = self.files.put(self.queue.fetch(payload), ".png")
                return self.store.settle_request(row.id, "done", result_key=key)
            except ExpiredError as error:
                payload = self._result_again(row, error)
            except FalRefusedError as error:
                # Paid for, and no picture: the record keeps its price.
                return self.store.settle_request(row.id, "done", error=f"{REFUSED}{error}")
            except BusyError:
                if number == FETCHES - 1:
                    raise
                self._sleep(PAUSE_S * 2**number)
        raise FalError("the picture's link expired each time before its bytes were here; it is paid for and lost")

    def _result_again(self, row: RequestRow, error: ExpiredError) -> dict[str, object]:
        answer = self.queue.look(row.endpoint, str(row.provider_id))
        if answer.payload is None:
            raise FalError(f"{error}, and fal.ai has no other") from None
        return answer.payload

    def _last_error(self, request: FalRequest) -> str:
        return self.store.get_request(request.key).error or "no answer"

    def _sleep(self, seconds: float) -> None:
        end = time.monotonic() + seconds
        while True:
            self.work.check()
            left = end - time.monotonic()
            if left <= 0:
                return
            time.sleep(min(left, LOOK_EVERY_S))


def keep_late(settings: Settings, request_key: str) -> None:
    """Fetch a picture that came after its job was cancelled: nobody waits for it, but it is paid for."""
    try:
        ask = LedgerAsk(settings, "", None, Unwatched())
        row = ask.store.get_request(request_key)
        if row.state == "answered":
            ask._fetch(row)
    except RedRabbitError as error:
        log.warning("the picture of request %s was not kept: %s", request_key[:12], error)


def classify(error: str) -> str:
    """An error of a finished request as it is stored: marked where the same arguments would meet it again."""
    final = "safety filter" in error or "could not use the photo" in error
    return f"{REFUSED}{error}" if final else error


def price_usd(megapixels: float, settings: Settings) -> float:
    """What a picture costs; fal.ai rounds up to whole megapixels."""
    return fal.price_usd(megapixels, settings.fal_usd_per_megapixel)


def webhook_url(settings: Settings, key: str) -> str | None:
    """Where the answer to a request is delivered; None where fal.ai cannot reach this server."""
    base = settings.fal_webhook_url
    return f"{base.rstrip('/')}/v1/webhooks/fal?request={key}" if base else None
