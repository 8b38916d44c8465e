"""Blueprints and their versions: a Blueprint is a name and a chain of versions, each a whole document."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import UniqueConstraint, func
from sqlmodel import Field, SQLModel, col, select

from agent.store.base import Queries, Row, json_field, new_id, now, time_field
from agent.store.errors import ConflictError, NotFoundError
from tools.blueprint.model import Blueprint


class BlueprintRow(Row, table=True):
    """One defect that somebody described; its content lies in the versions."""

    __tablename__ = "blueprint"

    name: str = Field(default="", max_length=200)
    conversation_id: str | None = Field(default=None, foreign_key="conversation.id", index=True, ondelete="SET NULL")
    defect_type: str | None = Field(default=None, max_length=100, index=True)
    part: str | None = Field(default=None, max_length=200, index=True)
    latest_version: int = 0
    updated_at: datetime = time_field()


class BlueprintVersionRow(SQLModel, table=True):
    """One version, never changed afterwards."""

    __tablename__ = "blueprint_version"
    __table_args__ = (UniqueConstraint("blueprint_id", "version"),)

    id: str = Field(default_factory=new_id, primary_key=True, max_length=64)
    blueprint_id: str = Field(foreign_key="blueprint.id", index=True, ondelete="CASCADE")
    version: int
    document: dict[str, Any] = json_field()
    created_at: datetime = time_field()

    def blueprint(self) -> Blueprint:
        """The Blueprint of this version."""
        return Blueprint.model_validate(self.document)


class BlueprintQueries(Queries):
    """Save, get and list Blueprints."""

    def save_blueprint(
        self,
        blueprint: Blueprint,
        *,
        blueprint_id: str | None = None,
        name: str | None = None,
        conversation_id: str | None = None,
        expected_version: int | None = None,
    ) -> BlueprintVersionRow:
        """Store a Blueprint as the next version of `blueprint_id`, or as a new one.

        A document that equals the latest version (its number apart) adds nothing and gives that version back.

        Args:
            blueprint: the document; its `version` is set to the stored number.
            blueprint_id: the Blueprint to go on with; None starts one. An unknown id starts one of that id.
            name: what to call it; by default part and defect type.
            conversation_id: where it was talked about.
            expected_version: fail unless this is the latest version (0: unless it is new).

        Raises:
            ConflictError: the latest version is not the expected one.
        """
        with self.writing() as session:
            head = session.get(BlueprintRow, blueprint_id, with_for_update=True) if blueprint_id else None
            if expected_version is not None and (head.latest_version if head else 0) != expected_version:
                latest = head.latest_version if head else 0
                raise ConflictError(f"the Blueprint is at version {latest}, not {expected_version}; read it again")
            if head is None:
                head = BlueprintRow(id=blueprint_id or new_id(), conversation_id=conversation_id)
                session.add(head)
                session.flush()
            latest_row = _version(session, head.id, head.latest_version)
            if latest_row is not None and _content(latest_row.blueprint()) == _content(blueprint):
                if name is not None:
                    head.name = name
                return latest_row
            number = head.latest_version + 1
            document = blueprint.model_copy(update={"version": number}).model_dump(mode="json")
            row = BlueprintVersionRow(blueprint_id=head.id, version=number, document=document)
            session.add(row)
            head.latest_version, head.updated_at = number, now()
            head.defect_type, head.part = blueprint.defect_type, blueprint.part
            head.name = name or head.name or _name(blueprint)
            session.add(head)
        return row

    def get_blueprint(self, blueprint_id: str, version: int | None = None) -> BlueprintVersionRow:
        """One version, by default the latest.

        Raises:
            NotFoundError: no such Blueprint or version.
        """
        head = self._get(BlueprintRow, blueprint_id, "Blueprint")
        with self.reading() as session:
            row = _version(session, blueprint_id, version or head.latest_version)
        if row is None:
            raise NotFoundError(
                f"Blueprint {blueprint_id} has versions 1 to {head.latest_version}, not {version or 0}; ask for one"
            )
        return row

    def get_blueprint_version(self, version_id: str) -> BlueprintVersionRow:
        """A version by its own id.

        Raises:
            NotFoundError: no such version.
        """
        with self.reading() as session:
            row = session.get(BlueprintVersionRow, version_id)
        if row is None:
            raise NotFoundError(f"there is no Blueprint version {version_id[:64]!r} any more")
        return row

    def get_blueprint_head(self, blueprint_id: str) -> BlueprintRow:
        """Name and latest version number."""
        return self._get(BlueprintRow, blueprint_id, "Blueprint")

    def list_blueprints(
        self,
        *,
        limit: int = 50,
        after: str | None = None,
        conversation_id: str | None = None,
        defect_type: str | None = None,
        part: str | None = None,
    ) -> list[BlueprintRow]:
        """Newest first."""
        where = {"conversation_id": conversation_id, "defect_type": defect_type, "part": part}
        return self._list(BlueprintRow, limit=limit, after=after, where=where)

    def list_blueprint_versions(self, blueprint_id: str) -> list[BlueprintVersionRow]:
        """All versions, oldest first."""
        self._get(BlueprintRow, blueprint_id, "Blueprint")
        query = select(BlueprintVersionRow).where(BlueprintVersionRow.blueprint_id == blueprint_id)
        with self.reading() as session:
            return list(session.exec(query.order_by(col(BlueprintVersionRow.version))))

    def delete_blueprint(self, blueprint_id: str) -> None:
        """Remove a Blueprint with its versions; images made from it stay, without it."""
        self._delete(BlueprintRow, blueprint_id, "Blueprint")

    def count_blueprints(self) -> int:
        """How many there are."""
        with self.reading() as session:
            return session.exec(select(func.count()).select_from(BlueprintRow)).one()


def _version(session: Any, blueprint_id: str, version: int) -> BlueprintVersionRow | None:
    query = select(BlueprintVersionRow).where(
        BlueprintVersionRow.blueprint_id == blueprint_id, BlueprintVersionRow.version == version
    )
    row: BlueprintVersionRow | None = session.exec(query).first()
    return row


def _content(blueprint: Blueprint) -> dict[str, Any]:
    return blueprint.model_dump(mode="json", exclude={"version"})


def _name(blueprint: Blueprint) -> str:
    words = [blueprint.material, blueprint.part, blueprint.defect_type]
    return " ".join(word.replace("_", " ") for word in words if word) or "unnamed defect"
