"""What changed between Blueprints, and the history of one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Self

from pydantic import BaseModel, ConfigDict, model_validator

from tools.blueprint.errors import BlueprintError
from tools.blueprint.model import Blueprint, Origin

_BOOKKEEPING = frozenset({"schema_version", "version", "text", "origin"})


class Change(BaseModel):
    """One field that differs.

    Attributes:
        path: field path, such as `geometry.length_mm`.
        old: its value before, as JSON.
        new: its value after, as JSON.
        origin: where the new value came from.
    """

    model_config = ConfigDict(frozen=True)

    path: str
    old: Any
    new: Any
    origin: Origin


def diff(old: Blueprint, new: Blueprint) -> tuple[Change, ...]:
    """The fields in which two Blueprints differ, in the model's order; version number and wording do not count."""
    before, after = flatten(old), flatten(new)
    return tuple(
        Change(path=path, old=before.get(path), new=value, origin=new.origin.get(path, Origin.UNKNOWN))
        for path, value in after.items()
        if before.get(path) != value
    )


def flatten(blueprint: Blueprint) -> dict[str, Any]:
    """Field path → JSON value of every field that describes the defect."""
    flat: dict[str, Any] = {}
    for name, value in blueprint.model_dump(mode="json").items():
        if name in _BOOKKEEPING:
            continue
        if name in ("geometry", "appearance", "placement"):
            flat.update({f"{name}.{leaf}": inner for leaf, inner in value.items()})
        else:
            flat[name] = value
    return flat


def describe(value: Any) -> str:
    """A JSON value of a field in few characters: `3`, `2 – 5`, `top_left`, `–` for nothing."""
    if value is None or value in ([], {}):
        return "–"
    if isinstance(value, Mapping) and set(value) == {"min", "max"}:
        low, high = value["min"], value["max"]
        return f"{low:g}" if low == high else f"{low:g} – {high:g}"
    return f"{value:g}" if isinstance(value, float) else str(value)


class History(BaseModel):
    """The versions of one Blueprint, oldest first, numbered 1, 2, 3 …; immutable: each change gives a new one."""

    model_config = ConfigDict(frozen=True)

    versions: tuple[Blueprint, ...] = ()

    @model_validator(mode="after")
    def _numbered(self) -> Self:
        if [blueprint.version for blueprint in self.versions] != list(range(1, len(self.versions) + 1)):
            raise ValueError("versions are numbered 1, 2, 3 and so on, without gaps")
        return self

    def __len__(self) -> int:
        return len(self.versions)

    def append(self, blueprint: Blueprint) -> History:
        """The history with one more version, renumbered to come last."""
        numbered = blueprint.model_copy(update={"version": len(self.versions) + 1})
        return History(versions=(*self.versions, numbered))

    def get(self, version: int | None = None) -> Blueprint:
        """A version by its number; None is the latest.

        Raises:
            BlueprintError: there is no such version.
        """
        number = len(self.versions) if version is None else version
        if not 1 <= number <= len(self.versions):
            raise BlueprintError(f"no version {number}; there are {len(self.versions)}")
        return self.versions[number - 1]

    def revert(self, version: int) -> History:
        """The history with an earlier version repeated as the newest; nothing is lost.

        Raises:
            BlueprintError: there is no such version.
        """
        return self.append(self.get(version))

    def changes(self) -> Iterator[tuple[int, tuple[Change, ...]]]:
        """Each version's number from 2 on, with what it changed."""
        for before, after in zip(self.versions, self.versions[1:], strict=False):
            yield after.version, diff(before, after)


def json_schema() -> dict[str, Any]:
    """The JSON schema of a Blueprint (draft 2020-12), with the registered defect types as an enumeration."""
    from tools.blueprint.registry import DEFECT_TYPES

    schema = Blueprint.model_json_schema()
    schema["$schema"] = "https://json-schema.org/draft/2020-12/schema"
    schema["properties"]["defect_type"]["anyOf"][0]["enum"] = list(DEFECT_TYPES)
    return schema
