"""What is in the index: one SQLite file with the entries, their content hashes and a full-text index (FTS5, BM25).

Knows nothing of embeddings. The vectors in Chroma can always be made again from here.
"""

from __future__ import annotations

import json
import re
import sqlite3
import threading
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

FILTERS = ("defect_type", "family", "kind", "source")
"""Fields that a search may be narrowed by."""
_SCHEMA = """
CREATE TABLE IF NOT EXISTS entries (
    number INTEGER PRIMARY KEY, id TEXT UNIQUE NOT NULL, title TEXT NOT NULL, text TEXT NOT NULL, hash TEXT NOT NULL,
    defect_type TEXT, family TEXT, kind TEXT, source TEXT, origin TEXT NOT NULL, record TEXT, passages TEXT NOT NULL
);
CREATE INDEX IF NOT EXISTS entries_origin ON entries (origin);
CREATE VIRTUAL TABLE IF NOT EXISTS words USING fts5 (
    title, text, aliases, tokenize='porter unicode61 remove_diacritics 2'
);
CREATE TABLE IF NOT EXISTS facts (name TEXT PRIMARY KEY, value TEXT NOT NULL);
"""
_STOP_TEXT = """
a an the is are was were be been of to in on at by for with and or from it its this that these those what why how which
when where do does did can could should would i we you our my there here not no as than then into out up
der die das den dem des ein eine ist sind und oder auf im am zum zur bei beim mit nach von vom fuer durch was wie warum
"""
_STOP = frozenset(_STOP_TEXT.split())


@dataclass(frozen=True)
class Entry:
    """One thing that can be found and cited."""

    id: str
    title: str
    text: str
    hash: str
    kind: str
    """`record` or `document`."""
    source: str
    origin: str
    """What brought it in: `domain`, or the path of the user's file; a new version replaces all of its origin."""
    passages: tuple[str, ...]
    """The texts to embed."""
    defect_type: str | None = None
    family: str | None = None
    aliases: str = ""
    record: str | None = None
    """The `Record` as JSON."""


class Catalog:
    """Thread-safe; one writer process at a time (the index holds a file lock while it writes)."""

    def __init__(self, path: Path | None) -> None:
        if path is not None:
            path.parent.mkdir(parents=True, exist_ok=True)
        self._lock = threading.RLock()
        self._database = sqlite3.connect(path or ":memory:", check_same_thread=False, timeout=30)
        self._database.row_factory = sqlite3.Row
        if path is not None:
            self._database.execute("PRAGMA journal_mode=WAL")
        self._database.executescript(_SCHEMA)

    def close(self) -> None:
        """Close the file."""
        self._database.close()

    def hashes(self, origin: str | None = None) -> dict[str, str]:
        """Entry id → content hash, of everything or of one origin."""
        query = "SELECT id, hash FROM entries" + ("" if origin is None else " WHERE origin = ?")
        return {row["id"]: row["hash"] for row in self._rows(query, () if origin is None else (origin,))}

    def origins(self) -> list[str]:
        """What brought entries in."""
        return [row["origin"] for row in self._rows("SELECT DISTINCT origin FROM entries ORDER BY origin", ())]

    def get(self, ids: Sequence[str]) -> dict[str, Mapping[str, Any]]:
        """Entries by id, as mappings of their columns."""
        found: dict[str, Mapping[str, Any]] = {}
        for start in range(0, len(ids), 500):
            some = tuple(ids[start : start + 500])
            rows = self._rows(f"SELECT * FROM entries WHERE id IN ({','.join('?' * len(some))})", some)
            found.update({row["id"]: dict(row) for row in rows})
        return found

    def count(self) -> int:
        """How many entries."""
        return int(self._rows("SELECT count(*) AS n FROM entries", ())[0]["n"])

    def fact(self, name: str) -> str | None:
        """A stored fact about the index, such as which model made its vectors."""
        rows = self._rows("SELECT value FROM facts WHERE name = ?", (name,))
        return str(rows[0]["value"]) if rows else None

    def replace(self, entries: Iterable[Entry], removed: Iterable[str], facts: Mapping[str, str]) -> None:
        """Write and remove entries and set facts, all or nothing."""
        with self._lock, self._database:
            entries = list(entries)
            self._delete([*removed, *(entry.id for entry in entries)])
            for entry in entries:
                self._insert(entry)
            self._database.executemany("INSERT OR REPLACE INTO facts VALUES (?, ?)", list(facts.items()))

    def words(self, query: str, *, k: int, where: Mapping[str, Sequence[str]]) -> list[str]:
        """Ids of the best lexical matches (BM25), best first."""
        terms = [term for term in re.findall(r"\w+", query.lower()) if term not in _STOP and len(term) > 1]
        if not terms:
            return []
        match = " OR ".join(f'"{term}"' for term in dict.fromkeys(terms[:64]))
        condition, values = _condition(where)
        sql = f"""SELECT e.id FROM words JOIN entries e ON e.number = words.rowid
                  WHERE words MATCH ?{condition} ORDER BY bm25(words, 3.0, 1.0, 3.0) LIMIT ?"""
        return [row["id"] for row in self._rows(sql, (match, *values, k))]

    def _insert(self, entry: Entry) -> None:
        cursor = self._database.execute(
            "INSERT INTO entries (id,title,text,hash,defect_type,family,kind,source,origin,record,passages) "
            "VALUES (?,?,?,?,?,?,?,?,?,?,?)",
            (
                *(entry.id, entry.title, entry.text, entry.hash, entry.defect_type, entry.family, entry.kind),
                *(entry.source, entry.origin, entry.record, json.dumps(entry.passages)),
            ),
        )
        self._database.execute(
            "INSERT INTO words (rowid, title, text, aliases) VALUES (?,?,?,?)",
            (cursor.lastrowid, entry.title, entry.text, entry.aliases),
        )

    def _delete(self, ids: Sequence[str]) -> None:
        for some in ids:
            row = self._database.execute("SELECT number FROM entries WHERE id = ?", (some,)).fetchone()
            if row is not None:
                self._database.execute("DELETE FROM words WHERE rowid = ?", (row["number"],))
                self._database.execute("DELETE FROM entries WHERE number = ?", (row["number"],))

    def _rows(self, sql: str, values: tuple[Any, ...]) -> list[sqlite3.Row]:
        with self._lock:
            return self._database.execute(sql, values).fetchall()


def _condition(where: Mapping[str, Sequence[str]]) -> tuple[str, list[str]]:
    """` AND e.family IN (?, ?) …` and its values; the names were checked against `FILTERS`."""
    parts = [f" AND e.{name} IN ({','.join('?' * len(values))})" for name, values in where.items()]
    return "".join(parts), [value for values in where.values() for value in values]
