"""A cancelled job drops its requests at fal.ai; what is made all the same is paid for once and kept."""

from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from agent.jobs import client
from agent.jobs.errors import JobCancelledError, JobStoppedError
from agent.jobs.fal import LedgerAsk
from agent.settings import Settings
from agent.store.repository import open_store
from tools.blueprint.model import Blueprint
from tools.generation.fal import Connection, FalGenerator
from tools.vision.images import save_png

from .conftest import eventually
from .fal_parts import draw, photo


def cancelled_job(settings: Settings, emulator: Any, tmp_path: Path, count: int = 1) -> str:
    """A data set whose job is cancelled once fal.ai has accepted its requests."""
    good = [save_png(tmp_path / "good.png", photo())]
    arguments = {"blueprint": Blueprint(defect_type="stain"), "good": good, "count": count, "generator": "fal"}
    job_id = client.start("sculpt", arguments)
    eventually(lambda: len(open_store(settings).list_requests(state="accepted")) == count)
    assert client.cancel(job_id).state == "cancelled"
    return job_id


@pytest.mark.parametrize("said", ["error", "gone", "empty"])
def test_a_cancelled_job_is_cancelled_at_fal_too(account: Settings, emulator: Any, tmp_path: Path, said: str) -> None:
    emulator.faults.queue_s, emulator.cancelled_as = 120.0, said
    store = open_store(account)
    client.launch(account)
    try:
        job_id = cancelled_job(account, emulator, tmp_path, count=2)
        eventually(lambda: len(store.list_requests(state="cancelled")) == 2)
    finally:
        client.shutdown()
    bill = emulator.bill()
    assert (bill["accepted"], bill["cancelled"], bill["billed"]) == (2, 2, 0)
    assert store.spent_usd(job_id=job_id) == 0.0


def test_a_picture_that_is_made_all_the_same_is_kept_and_paid_for_once(
    account: Settings, emulator: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("agent.jobs.fal.CONFIRM_S", 30.0)
    emulator.faults.queue_s, emulator.next = 4.0, ["late_cancel"]
    store = open_store(account)
    client.launch(account)
    try:
        job_id = cancelled_job(account, emulator, tmp_path)
        eventually(lambda: store.list_requests()[0].state == "cancelling")
        assert store.spent_usd(job_id=job_id) == pytest.approx(account.fal_usd_per_megapixel)
        eventually(lambda: store.list_requests()[0].state == "done")
        again = client.wait(client.retry(job_id, "wanted after all"), 60)
        assert again.result is not None
        assert again.result["n_images"] == 1
    finally:
        client.shutdown()
    assert emulator.submits == 1
    assert emulator.bill()["billed"] == 1


def test_a_late_delivery_is_kept_though_nobody_waits(
    delivered: Settings, emulator: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("agent.jobs.fal.CONFIRM_S", 0.0)
    emulator.faults.queue_s, emulator.next = 4.0, ["late_cancel"]
    store = open_store(delivered)
    client.launch(delivered)
    try:
        job_id = cancelled_job(delivered, emulator, tmp_path)
        eventually(lambda: store.list_requests()[0].state == "cancelling")
        eventually(lambda: store.list_requests()[0].state == "done")
    finally:
        client.shutdown()
    assert store.list_requests()[0].result_key
    assert store.spent_usd(job_id=job_id) == pytest.approx(delivered.fal_usd_per_megapixel)


def test_another_job_that_waits_for_the_same_picture_gets_it(account: Settings, emulator: Any) -> None:
    emulator.faults.queue_s = 120.0
    stop = threading.Event()

    class Cancelled:
        def check(self) -> None:
            if stop.is_set():
                raise JobCancelledError("the job was cancelled")

    first = FalGenerator(Connection(LedgerAsk(account, "first", None, Cancelled())))
    with ThreadPoolExecutor(2) as threads:
        one = threads.submit(first.generate, Blueprint(defect_type="scratch"), photo(), 1)
        eventually(lambda: len(open_store(account).list_requests(state="accepted")) == 1)
        other = threads.submit(draw, account, 1, "second")
        time.sleep(0.2)
        emulator.faults.queue_s = 0.05
        stop.set()
        with pytest.raises(JobCancelledError):
            one.result(30)
        assert other.result(30).mask.any()
    bill = emulator.bill()
    assert (bill["cancelled"], bill["billed"], bill["billed_twice"]) == (1, 1, 0)
    assert open_store(account).list_requests()[0].job_id == "second"


def test_a_process_that_goes_down_cancels_nothing(account: Settings, emulator: Any) -> None:
    emulator.faults.queue_s = 0.5

    class GoesDown:
        def check(self) -> None:
            if open_store(account).list_requests(state="accepted"):
                raise JobStoppedError("this process goes down")

    with pytest.raises(JobStoppedError):
        FalGenerator(Connection(LedgerAsk(account, "job", None, GoesDown()))).generate(
            Blueprint(defect_type="scratch"), photo(), 1
        )
    assert all(job.cancels == 0 for job in emulator.jobs.values())
    assert draw(account).mask.any()
    assert emulator.submits == 1


def test_a_process_that_goes_down_waits_for_no_picture(account: Settings, emulator: Any, tmp_path: Path) -> None:
    emulator.faults.queue_s = 120.0
    before = set(threading.enumerate())
    client.launch(account)
    good = [save_png(tmp_path / "good.png", photo())]
    arguments = {"blueprint": Blueprint(defect_type="stain"), "good": good, "count": 1, "generator": "fal"}
    job_id = client.start("sculpt", arguments)
    eventually(lambda: len(open_store(account).list_requests(state="accepted")) == 1)
    client.shutdown()
    eventually(lambda: all(each.daemon for each in set(threading.enumerate()) - before), 10.0)
    client.launch(account)
    try:
        assert client.status(job_id).state in ("queued", "running")
        client.cancel(job_id)
    finally:
        client.shutdown()
