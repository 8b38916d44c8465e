"""Pictures and the prompts they came from: what each one is, and everything needed to make it again."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import BigInteger
from sqlalchemy.exc import IntegrityError
from sqlmodel import Field, Session, select

from agent.store.base import Queries, Row, json_field


class PromptRow(Row, table=True):
    """A text that drove a generator; `parent_id` is the text it was made from."""

    __tablename__ = "prompt"

    text: str
    generator: str = Field(default="renderer", max_length=100)
    blueprint_version_id: str | None = Field(
        default=None, foreign_key="blueprint_version.id", index=True, ondelete="SET NULL"
    )
    parent_id: str | None = Field(default=None, foreign_key="prompt.id", index=True, ondelete="SET NULL")


class ImageRow(Row, table=True):
    """A picture: `content_hash` is the SHA-256 of the file's bytes, `path` its key in the file store or on disk.

    `recipe` is the hash of everything that decides its pixels; two pictures never share one, so that work that runs
    twice after a crash leaves one record.
    """

    __tablename__ = "image"

    content_hash: str = Field(max_length=64, index=True)
    path: str
    kind: str = Field(default="photo", max_length=20, index=True)
    """`photo`, `rendering`, `overlay`, `map`."""
    name: str = Field(default="", max_length=255)
    width_px: int | None = None
    height_px: int | None = None
    mask_hash: str | None = Field(default=None, max_length=64)
    mask_path: str | None = None
    seed: int | None = Field(default=None, sa_type=BigInteger)
    generator: str | None = Field(default=None, max_length=100)
    generator_version: str | None = Field(default=None, max_length=50)
    parameters: dict[str, Any] = json_field(default_factory=dict)
    recipe: str | None = Field(default=None, max_length=64, unique=True)
    blueprint_version_id: str | None = Field(
        default=None, foreign_key="blueprint_version.id", index=True, ondelete="SET NULL"
    )
    prompt_id: str | None = Field(default=None, foreign_key="prompt.id", index=True, ondelete="SET NULL")
    parent_id: str | None = Field(default=None, foreign_key="image.id", index=True, ondelete="SET NULL")
    source_id: str | None = Field(default=None, foreign_key="image.id", index=True, ondelete="SET NULL")
    """The good photo it was drawn on."""
    dataset_id: str | None = Field(default=None, foreign_key="dataset.id", index=True, ondelete="SET NULL")
    conversation_id: str | None = Field(default=None, foreign_key="conversation.id", index=True, ondelete="SET NULL")


class ImageQueries(Queries):
    """Save, get and list prompts and pictures."""

    def save_prompt(self, prompt: PromptRow) -> PromptRow:
        """Store a prompt."""
        return self._add(prompt)

    def get_prompt(self, prompt_id: str) -> PromptRow:
        """One prompt.

        Raises:
            NotFoundError: no such prompt.
        """
        return self._get(PromptRow, prompt_id, "prompt")

    def list_prompts(self, *, limit: int = 50, after: str | None = None, **where: Any) -> list[PromptRow]:
        """Newest first."""
        return self._list(PromptRow, limit=limit, after=after, where=where)

    def save_image(self, image: ImageRow) -> ImageRow:
        """Store a picture's record; one with the same recipe comes back as it is."""
        try:
            with self.writing() as session:
                known = _same(session, image)
                if known is not None:
                    return known
                session.add(image)
        except IntegrityError:  # on PostgreSQL two may look before either has stored
            with self.reading() as session:
                known = _same(session, image)
            if known is None:
                raise
            return known
        return image

    def get_image(self, image_id: str) -> ImageRow:
        """One picture.

        Raises:
            NotFoundError: no such picture.
        """
        return self._get(ImageRow, image_id, "image")

    def find_image(self, content_hash: str, **where: Any) -> ImageRow | None:
        """The newest picture with these bytes, or None."""
        found = self._list(ImageRow, limit=1, where={"content_hash": content_hash, **where})
        return found[0] if found else None

    def list_images(self, *, limit: int = 50, after: str | None = None, **where: Any) -> list[ImageRow]:
        """Newest first; `where` takes columns, such as `kind`, `dataset_id`, `conversation_id`."""
        return self._list(ImageRow, limit=limit, after=after, where=where)

    def lineage(self, image_id: str) -> list[ImageRow]:
        """The picture, then what it was made from, back to the photo."""
        chain: list[ImageRow] = []
        next_id: str | None = image_id
        while next_id is not None and next_id not in {row.id for row in chain}:
            row = self.get_image(next_id)
            chain.append(row)
            next_id = row.parent_id or row.source_id
        return chain


def _same(session: Session, image: ImageRow) -> ImageRow | None:
    """The stored picture of the same recipe."""
    if image.recipe is None:
        return None
    return session.exec(select(ImageRow).where(ImageRow.recipe == image.recipe)).first()


def image_where(values: Mapping[str, Any]) -> dict[str, Any]:
    """Those of the values that are columns of a picture: for filters that come from outside."""
    return {name: value for name, value in values.items() if name in ImageRow.model_fields}
