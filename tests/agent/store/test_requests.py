"""The ledger of paid requests."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from agent.store.errors import ConflictError
from agent.store.repository import Store
from agent.store.requests import Allowance, RequestRow, SpendingError


def row(key: str = "a", job: str = "j", price: float = 1.0) -> RequestRow:
    return RequestRow(id=key, job_id=job, endpoint="e", state="sending", price_usd=price)


def test_the_life_of_a_request(database_url: str) -> None:
    store = Store(database_url)
    assert store.claim_request(row(), Allowance())[1]
    assert not store.claim_request(row(), Allowance())[1]
    assert store.note_accepted("a", "r1").state == "accepted"
    assert store.note_answer("a", "r1", error="broken") == "noted"
    assert store.spent_usd() == 0.0
    again, mine = store.claim_request(row(), Allowance())
    assert (mine, again.tries, again.provider_id) == (True, 2, None)
    assert again.history[0]["provider_id"] == "r1"
    assert store.note_answer("a", "r2", payload={"x": 1}, delivery_id="d") == "noted"
    assert store.note_answer("a", "r2", payload={"x": 2}, delivery_id="d") == "replayed"
    assert store.note_answer("a", "r1", payload={"x": 3}, delivery_id="e") == "foreign"
    assert store.get_request("a").payload == {"x": 1}
    assert store.settle_request("a", "done", result_key="k").state == "done"
    assert store.settle_request("a", "failed").state == "done"
    assert store.spent_usd(job_id="j") == 1.0
    assert store.sweep_deliveries() == 0
    store.close()


def test_money_is_counted_by_one_at_a_time(database_url: str) -> None:
    store = Store(database_url)

    def claim(number: int) -> bool:
        try:
            return store.claim_request(row(f"k{number}"), Allowance(per_day=3.0))[1]
        except SpendingError:
            return False

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(claim, range(12))) == 3
    assert store.spent_usd() == 3.0
    store.close()


def test_an_answer_is_kept_for_its_key(database_url: str) -> None:
    store = Store(database_url)
    assert store.begin_answer("id", "hash") is None
    with pytest.raises(ConflictError, match="still at work"):
        store.begin_answer("id", "hash")
    assert store.begin_answer("id", "hash", stale_s=-1) is None  # its process died
    store.end_answer("id", 201, {"a": 1})
    kept = store.begin_answer("id", "hash")
    assert kept is not None
    assert kept.body == {"a": 1}
    with pytest.raises(ConflictError, match="another request"):
        store.begin_answer("id", "other")
    store.begin_answer("broken", "hash")
    store.end_answer("broken", 503, {})
    assert store.begin_answer("broken", "hash") is None
    assert store.sweep_answers() == 0
    store.close()


def test_a_late_delivery_of_an_earlier_try_settles_nothing(store: Store) -> None:
    store.claim_request(row(), Allowance())
    store.note_accepted("a", "r1")
    assert store.note_answer("a", "r1", error="broke") == "noted"
    assert store.claim_request(row(), Allowance())[1]  # sent again, and fal.ai has not named its id yet
    assert store.note_answer("a", "r1", error="broke", delivery_id="d1") == "foreign"
    assert store.get_request("a").state == "sending"
    store.note_accepted("a", "r2")
    assert store.note_answer("a", "r2", payload={"images": []}) == "noted"


def test_a_request_of_a_cancelled_job(store: Store) -> None:
    store.claim_request(row(), Allowance())
    store.note_accepted("a", "r1")
    assert store.settle_request("a", "cancelling", error="asked", expected=("accepted",)).state == "cancelling"
    assert store.claim_request(row(job="k"), Allowance())[1] is False  # not before fal.ai says that it was dropped
    assert store.spent_usd() == 1.0
    assert store.note_answer("a", "r1", error="dropped") == "noted"
    assert store.get_request("a").state == "cancelled"
    assert store.spent_usd() == 0.0
    assert store.note_answer("a", "r1", error="dropped") == "duplicate"
    assert store.note_answer("a", "r1", payload={"images": []}) == "late"  # fal.ai made it after all
    assert (store.get_request("a").state, store.spent_usd()) == ("answered", 1.0)


def test_a_cancelled_request_may_be_asked_for_again(store: Store) -> None:
    store.claim_request(row(), Allowance())
    store.note_accepted("a", "r1")
    store.settle_request("a", "cancelling", expected=("accepted",))
    store.note_answer("a", "r1", error="dropped")
    again, mine = store.claim_request(row(job="k"), Allowance())
    assert (mine, again.tries, again.job_id, again.history[0]["provider_id"]) == (True, 2, "k", "r1")
