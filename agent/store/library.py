"""What there is, at a glance: for each part and defect type, how many Blueprint versions and images."""

from __future__ import annotations

from dataclasses import dataclass

from sqlmodel import col, select

from agent.store.base import Queries
from agent.store.blueprints import BlueprintRow, BlueprintVersionRow
from agent.store.datasets import DatasetRow


@dataclass(frozen=True)
class Cell:
    """One part and defect type. `conversation_id` is the newest conversation about it."""

    part: str | None
    defect_type: str
    versions: int
    images: int
    datasets: int
    conversation_id: str | None


class LibraryQueries(Queries):
    """Read the overview."""

    def library(self) -> list[Cell]:
        """A cell for each part and defect type that has a Blueprint."""
        with self.reading() as session:
            heads = session.exec(select(BlueprintRow).order_by(col(BlueprintRow.updated_at))).all()
            made = session.exec(
                select(BlueprintVersionRow.blueprint_id, DatasetRow.n_images).where(
                    DatasetRow.blueprint_version_id == BlueprintVersionRow.id
                )
            ).all()
        images: dict[str, list[int]] = {}
        for blueprint_id, count in made:
            images.setdefault(blueprint_id, []).append(count)
        cells: dict[tuple[str | None, str], Cell] = {}
        for head in heads:
            if head.defect_type is None:
                continue
            key, own = (head.part, head.defect_type), images.get(head.id, [])
            old = cells.get(key) or Cell(head.part, head.defect_type, 0, 0, 0, None)
            cells[key] = Cell(
                head.part,
                head.defect_type,
                max(old.versions, head.latest_version),
                old.images + sum(own),
                old.datasets + len(own),
                head.conversation_id or old.conversation_id,
            )
        return list(cells.values())
