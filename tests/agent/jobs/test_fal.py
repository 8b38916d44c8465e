"""Jobs that ask fal.ai: each picture is paid for once, whatever is lost on the way."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from agent.jobs import client
from agent.settings import Settings
from agent.store.repository import open_store
from agent.store.requests import SpendingError
from tools.blueprint.model import Blueprint
from tools.datasets.verify import verify
from tools.generation.fal import FalError
from tools.vision.images import load_image, save_png

from .fal_parts import draw, photo


def test_a_picture_is_asked_for_once_and_kept(account: Settings, emulator: Any) -> None:
    first = draw(account)
    again = draw(account, job="another")
    assert (first.image == again.image).all()
    assert first.mask.any()
    assert (first.image[first.mask == 0] == photo()[first.mask == 0]).all()
    assert emulator.bill()["accepted"] == 1
    row = open_store(account).list_requests()[0]
    assert (row.state, row.job_id, row.tries) == ("done", "job", 1)
    assert emulator.bill()["requests"][0]["request_id"] == row.provider_id


def test_a_lost_reply_is_found_by_the_webhook(delivered: Settings, emulator: Any) -> None:
    emulator.next = ["lost_reply", "gateway"]
    assert draw(delivered, 1).mask.any()
    assert draw(delivered, 2).mask.any()
    assert emulator.bill()["accepted"] == 2
    assert emulator.submits == 2


def test_a_lost_reply_without_a_webhook_is_left_to_a_person(account: Settings, emulator: Any) -> None:
    emulator.next = ["lost_reply"]
    with pytest.raises(FalError, match="not known whether"):
        draw(account)
    with pytest.raises(FalError, match="not known whether"):
        draw(account)
    assert emulator.submits == 1
    assert open_store(account).spent_usd() > 0


def test_a_request_that_never_arrived_is_sent_again_when_no_webhook_can_come_any_more(
    delivered: Settings, emulator: Any
) -> None:
    from agent.store.requests import Allowance, RequestRow
    from tools.generation.fal import make_request
    from tools.generation.renderer import Renderer

    blueprint = Blueprint(defect_type="scratch")
    request = make_request(blueprint, Renderer().generate(blueprint, photo(), 1), 1, 0)
    row = RequestRow(id=request.key, job_id="job", endpoint=request.endpoint, state="sending", webhook=True)
    assert open_store(delivered).claim_request(row, Allowance())[1]  # and its process dies here
    assert draw(delivered.model_copy(update={"fal_resend_after_s": 0.5})).mask.any()
    assert emulator.bill()["billed_twice"] == 0
    assert open_store(delivered).get_request(request.key).tries == 2


def test_failures_are_got_over(account: Settings, emulator: Any) -> None:
    faults = ["busy", "unavailable", "error", "slow", "expired", "nsfw", "policy", "empty", "off_target"]
    for seed, fault in enumerate(faults):
        emulator.next = [fault]
        assert draw(account, seed).mask.any(), fault
    assert emulator.bill()["billed_twice"] == 0


def test_money(account: Settings, emulator: Any) -> None:
    price = account.fal_usd_per_megapixel
    poor = account.model_copy(update={"fal_usd_per_day": 2.5 * price})
    draw(poor, 1)
    with pytest.raises(SpendingError, match="this job may spend"):
        draw(poor, 2, spend=1.5 * price)
    draw(poor, 2, spend=2.5 * price)
    with pytest.raises(SpendingError, match="all jobs of a day"):
        draw(poor, 3, job="other")
    assert draw(poor, 1, job="other", spend=0.0).mask.any()  # paid for already
    assert emulator.submits == 2


def test_a_wrong_key_is_said(account: Settings) -> None:
    with pytest.raises(FalError, match="REDRABBIT_FAL_KEY"):
        draw(account.model_copy(update={"fal_key": SecretStr("other:key")}))
    assert open_store(account).spent_usd() == 0


def test_a_data_set_from_fal(delivered: Settings, emulator: Any, tmp_path: Path) -> None:
    good = [save_png(tmp_path / f"{number}.png", photo(number)) for number in range(2)]
    emulator.next = ["lost_reply", "busy", "empty"]
    client.launch(delivered)
    try:
        arguments = {"blueprint": Blueprint(defect_type="stain"), "good": good, "count": 3, "generator": "fal"}
        job_id = client.start("sculpt", arguments)
        done = client.wait(job_id, 60)
        assert done.error is None
        assert done.result is not None
        assert done.result["n_images"] == 3
        assert done.result["spent_usd"] == pytest.approx(4 * delivered.fal_usd_per_megapixel)
        assert [job.kind for job in client.list_jobs()] == ["sculpt"]
        assert len(client.list_jobs(kind="inpaint")) == 3
    finally:
        client.shutdown()
    assert emulator.bill()["billed_twice"] == 0
    root = Path(done.result["path"])
    assert verify(root).ok
    lineage = (root / "lineage.jsonl").read_text()
    assert "fal 1 fal-ai/flux-lora/inpainting" in lineage
    image = next((root / "test" / "stain").glob("*.png"))
    save_png(image, 255 - load_image(image))
    assert not verify(root).ok
