"""The overview of parts and defect types."""

from __future__ import annotations

from agent.store.datasets import DatasetRow
from agent.store.repository import Store
from tools.blueprint.model import Blueprint


def test_cells_add_up_what_belongs_together(store: Store) -> None:
    chat = store.save_conversation().id
    void = Blueprint(defect_type="void", part="casting")
    first = store.save_blueprint(void, conversation_id=chat)
    second = store.save_blueprint(void.model_copy(update={"text": "x"}), blueprint_id=first.blueprint_id)
    other = store.save_blueprint(void)
    store.save_blueprint(Blueprint(defect_type="dent"))
    store.save_blueprint(Blueprint(text="nothing understood"))
    for version, count in ((first, 5), (second, 6), (other, 7)):
        store.save_dataset(DatasetRow(path="/d", n_images=count, blueprint_version_id=version.id))
    cells = {(cell.part, cell.defect_type): cell for cell in store.library()}
    assert set(cells) == {("casting", "void"), (None, "dent")}
    found = cells["casting", "void"]
    assert (found.versions, found.images, found.datasets, found.conversation_id) == (2, 18, 3, chat)
    assert cells[None, "dent"].images == 0
