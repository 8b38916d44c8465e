"""Blueprints: versions, conflicts, paging."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from agent.store.errors import ConflictError, NotFoundError
from agent.store.repository import Store
from tools.blueprint.model import Blueprint, Origin, PositiveRange

SCRATCH = Blueprint(defect_type="scratch", material="steel", part="plate", origin={"defect_type": Origin.SAID})


def test_a_blueprint_comes_back_as_it_was(store: Store) -> None:
    row = store.save_blueprint(SCRATCH)
    assert store.get_blueprint(row.blueprint_id).blueprint() == SCRATCH
    assert store.get_blueprint_head(row.blueprint_id).name == "steel plate scratch"


def test_each_change_is_a_version_and_old_ones_stay(store: Store) -> None:
    first = store.save_blueprint(SCRATCH)
    wider = SCRATCH.with_changes({"geometry.width_mm": PositiveRange(min=1, max=2)}, Origin.EDITED)
    second = store.save_blueprint(wider, blueprint_id=first.blueprint_id)
    assert (first.version, second.version) == (1, 2)
    assert store.get_blueprint(first.blueprint_id, 1).blueprint() == SCRATCH
    assert [row.version for row in store.list_blueprint_versions(first.blueprint_id)] == [1, 2]


def test_saving_the_same_again_adds_nothing(store: Store) -> None:
    first = store.save_blueprint(SCRATCH)
    again = store.save_blueprint(SCRATCH.model_copy(update={"version": 9}), blueprint_id=first.blueprint_id)
    assert again.id == first.id
    assert len(store.list_blueprint_versions(first.blueprint_id)) == 1


def test_an_old_expected_version_is_a_conflict(store: Store) -> None:
    first = store.save_blueprint(SCRATCH)
    dent = SCRATCH.with_changes({"defect_type": "dent"}, Origin.SAID)
    store.save_blueprint(dent, blueprint_id=first.blueprint_id, expected_version=1)
    with pytest.raises(ConflictError, match="version 2, not 1"):
        store.save_blueprint(SCRATCH, blueprint_id=first.blueprint_id, expected_version=1)


def test_many_writers_of_one_blueprint_lose_nothing(store: Store) -> None:
    key = store.save_blueprint(SCRATCH).blueprint_id

    def write(number: int) -> int:
        changed = SCRATCH.model_copy(update={"text": f"take {number}"})
        return store.save_blueprint(changed, blueprint_id=key).version

    with ThreadPoolExecutor(8) as pool:
        versions = list(pool.map(write, range(24)))
    assert sorted(versions) == list(range(2, 26))


def test_pages_cover_everything_once(store: Store) -> None:
    made = {store.save_blueprint(SCRATCH.model_copy(update={"text": str(n)})).blueprint_id for n in range(7)}
    seen: list[str] = []
    after = None
    while page := store.list_blueprints(limit=3, after=after):
        seen += [row.id for row in page]
        after = page[-1].id
    assert len(seen) == 7
    assert set(seen) == made


def test_lists_can_be_narrowed(store: Store) -> None:
    store.save_blueprint(SCRATCH)
    store.save_blueprint(SCRATCH.model_copy(update={"defect_type": "dent"}))
    assert [row.defect_type for row in store.list_blueprints(defect_type="dent")] == ["dent"]
    assert store.count_blueprints() == 2


def test_what_is_not_there_says_so(store: Store) -> None:
    with pytest.raises(NotFoundError, match="no Blueprint with id"):
        store.get_blueprint("nothing")
    key = store.save_blueprint(SCRATCH).blueprint_id
    with pytest.raises(NotFoundError, match="versions 1 to 1, not 5"):
        store.get_blueprint(key, 5)
    store.delete_blueprint(key)
    with pytest.raises(NotFoundError):
        store.list_blueprint_versions(key)
