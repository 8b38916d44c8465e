"""What the index stores, made from records, from users' files and from its own catalog."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from knowledge.catalog import Entry
from knowledge.documents import SUFFIXES, read_document
from knowledge.errors import KnowledgeInputError
from knowledge.records import Record, read_records


def read_entries(path: Path) -> list[Entry]:
    """The entries of one user's file.

    Raises:
        KnowledgeInputError: it cannot be read, or is of another kind.
    """
    origin = str(path.resolve())
    if path.suffix.lower() == ".json":
        return [record_entry(record, origin) for record in read_records(path)]
    if path.suffix.lower() not in SUFFIXES:
        kinds = ", ".join(sorted({*SUFFIXES, ".json"}))
        raise KnowledgeInputError(f"{path.name} is not a file that can be read; use {kinds}")
    return [
        Entry(
            id=passage.id,
            title=passage.title,
            text=passage.text,
            hash=passage.id,
            kind="document",
            source=f"{passage.source}, {passage.place}",
            origin=origin,
            passages=(passage.text,),
        )
        for passage in read_document(path)
    ]


def record_entry(record: Record, origin: str) -> Entry:
    """A record as it is stored; `origin` is the file it came from, or `domain`."""
    return Entry(
        id=record.id,
        title=record.title,
        text=record.text,
        hash=record.content_hash,
        kind="record",
        source=record.source,
        origin=origin,
        passages=record.passages,
        defect_type=record.defect_type,
        family=record.family,
        aliases="; ".join(record.aliases),
        record=record.model_dump_json(),
    )


def stored_entry(row: Mapping[str, Any]) -> Entry:
    """The entry that a row of the catalog holds."""
    record = Record.model_validate_json(row["record"]) if row["record"] else None
    if record is not None:
        return record_entry(record, row["origin"])
    names = ("id", "title", "text", "hash", "kind", "source", "origin")
    return Entry(**{name: row[name] for name in names}, passages=tuple(json.loads(row["passages"])))
