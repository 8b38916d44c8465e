"""Pictures, prompts and lineage."""

from __future__ import annotations

import pytest
from sqlalchemy.exc import IntegrityError

from agent.store.images import ImageRow, PromptRow, image_where
from agent.store.repository import Store
from tools.blueprint.model import Blueprint


def photo(store: Store, name: str = "good.png") -> ImageRow:
    return store.save_image(ImageRow(content_hash="a" * 64, path="aa/aa/x.png", name=name))


def test_a_rendering_traces_back_to_its_photo(store: Store) -> None:
    good = photo(store)
    version = store.save_blueprint(Blueprint(defect_type="void"))
    prompt = store.save_prompt(PromptRow(text="a dark void", blueprint_version_id=version.id))
    first = store.save_image(
        ImageRow(content_hash="b" * 64, path="b", kind="rendering", source_id=good.id, seed=2**40, prompt_id=prompt.id)
    )
    second = store.save_image(ImageRow(content_hash="c" * 64, path="c", kind="rendering", parent_id=first.id))
    assert [row.id for row in store.lineage(second.id)] == [second.id, first.id, good.id]
    assert store.get_image(first.id).seed == 2**40
    assert store.get_prompt(prompt.id).text == "a dark void"
    assert store.list_prompts(blueprint_version_id=version.id)[0].id == prompt.id


def test_the_same_recipe_is_stored_once(store: Store) -> None:
    first = store.save_image(ImageRow(content_hash="b" * 64, path="b", recipe="r" * 64))
    again = store.save_image(ImageRow(content_hash="b" * 64, path="b", recipe="r" * 64))
    assert again.id == first.id
    assert len(store.list_images()) == 1


def test_pictures_are_found_by_their_bytes(store: Store) -> None:
    good = photo(store)
    found = store.find_image("a" * 64)
    assert found is not None
    assert found.id == good.id
    assert store.find_image("f" * 64) is None
    assert store.list_images(kind="rendering") == []


def test_a_picture_of_nothing_is_refused(store: Store) -> None:
    with pytest.raises(IntegrityError):
        store.save_image(ImageRow(content_hash="d" * 64, path="d", source_id="missing"))


def test_pictures_outlive_their_blueprint(store: Store) -> None:
    version = store.save_blueprint(Blueprint(defect_type="void"))
    row = store.save_image(ImageRow(content_hash="e" * 64, path="e", blueprint_version_id=version.id))
    store.delete_blueprint(version.blueprint_id)
    assert store.get_image(row.id).blueprint_version_id is None


def test_only_columns_are_filters() -> None:
    assert image_where({"kind": "photo", "nonsense": 1}) == {"kind": "photo"}
