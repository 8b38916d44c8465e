"""Data sets: folders that were written, and which Blueprint they show."""

from __future__ import annotations

from typing import Any

from sqlalchemy import BigInteger
from sqlmodel import Field, select

from agent.store.base import Queries, Row, json_field


class DatasetRow(Row, table=True):
    """A folder of images, masks and lineage."""

    __tablename__ = "dataset"

    name: str = Field(default="", max_length=200)
    path: str
    layout: str = Field(default="mvtec", max_length=20)
    n_images: int = 0
    blueprint_version_id: str | None = Field(
        default=None, foreign_key="blueprint_version.id", index=True, ondelete="SET NULL"
    )
    seed: int | None = Field(default=None, sa_type=BigInteger)
    job_id: str | None = Field(default=None, max_length=64, unique=True)
    conversation_id: str | None = Field(default=None, foreign_key="conversation.id", index=True, ondelete="SET NULL")
    facts: dict[str, Any] = json_field(default_factory=dict)


class DatasetQueries(Queries):
    """Save, get and list data sets."""

    def save_dataset(self, dataset: DatasetRow) -> DatasetRow:
        """Store a data set's record; one that the same job already stored comes back as it is."""
        with self.writing() as session:
            if dataset.job_id is not None:
                known = session.exec(select(DatasetRow).where(DatasetRow.job_id == dataset.job_id)).first()
                if known is not None:
                    return known
            session.add(dataset)
        return dataset

    def get_dataset(self, dataset_id: str) -> DatasetRow:
        """One data set.

        Raises:
            NotFoundError: no such data set.
        """
        return self._get(DatasetRow, dataset_id, "data set")

    def list_datasets(self, *, limit: int = 50, after: str | None = None, **where: Any) -> list[DatasetRow]:
        """Newest first."""
        return self._list(DatasetRow, limit=limit, after=after, where=where)

    def delete_dataset(self, dataset_id: str) -> None:
        """Forget a data set; its folder stays on disk."""
        self._delete(DatasetRow, dataset_id, "data set")
