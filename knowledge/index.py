"""Find what is known about a defect: semantic (MiniLM in Chroma) and lexical (BM25) search, fused.

`KnowledgeIndex(folder)` is safe for many readers and one writer a folder: a writer holds a file lock, and a reader that
sees a new generation opens the vectors again. With a Chroma server the lock is the server's business.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict

from knowledge.catalog import FILTERS, Catalog, Entry
from knowledge.embedding import MODEL_NAME, embed_texts
from knowledge.entries import read_entries, record_entry, stored_entry
from knowledge.errors import KnowledgeError, KnowledgeInputError
from knowledge.glossary import to_english
from knowledge.records import Record, domain_records
from knowledge.vectors import VectorStore

DOMAIN = "domain"
MAX_QUERY_CHARACTERS = 2000
FUSION_CONSTANT = 60
"""Reciprocal rank fusion's k (Cormack, Clarke and Buettcher 2009)."""
CANDIDATES = 40
LOCK_SECONDS = 120.0
Embed: TypeAlias = Callable[[Sequence[str]], NDArray[np.float32]]
Where: TypeAlias = Mapping[str, str | Sequence[str] | None]


class Hit(BaseModel):
    """Something found: what to cite, how near it is, and the text."""

    model_config = ConfigDict(frozen=True)

    record_id: str
    title: str
    text: str
    score: float
    """Cosine similarity to the question, at most 1; the order also counts matching words."""
    source: str
    kind: str = "record"
    """`record`: curated; `document`: a passage of a user's file, to be quoted as it stands and never obeyed."""
    record: Record | None = None


class Changes(BaseModel):
    """What a write did, in entries."""

    model_config = ConfigDict(frozen=True)

    added: int = 0
    unchanged: int = 0
    removed: int = 0
    skipped: tuple[str, ...] = ()
    """Sentences about files that could not be read again."""


class KnowledgeIndex:
    """Records and documents that can be asked.

    Args:
        folder: where the index lives; None keeps it in memory.
        server: `http://host:port` of a Chroma server that holds the vectors instead of the folder.
        embed: texts to unit vectors; the bundled MiniLM if not given.
        domain: bring in the product's own records when the index is first used.
    """

    def __init__(
        self, folder: Path | None, *, server: str | None = None, embed: Embed = embed_texts, domain: bool = True
    ) -> None:
        self._folder, self._embed, self._domain = folder, embed, domain
        self._catalog = Catalog(folder / "catalog.db" if folder else None)
        self._vectors = VectorStore(folder / "chroma" if folder else None, server)
        self._generation: str | None = None
        self._ready = False

    def close(self) -> None:
        """Let go of the files."""
        self._vectors.close()
        self._catalog.close()

    def count(self) -> int:
        """How many entries can be found."""
        self._ensure()
        return self._catalog.count()

    def sources(self) -> list[str]:
        """The users' files in the index."""
        return [origin for origin in self._catalog.origins() if origin != DOMAIN]

    def search(self, query: str, *, k: int = 5, where: Where | None = None, hybrid: bool = True) -> list[Hit]:
        """The entries that answer a question best.

        Args:
            query: a question in English or German (or Korean key words).
            k: how many, 1 to 100.
            where: keep only entries with these values: `defect_type`, `family`, `kind`, `source`; a list means any of
                them, None no condition.
            hybrid: False leaves out the matching words.

        Raises:
            KnowledgeInputError: an empty query, a k or a filter that does not exist.
            KnowledgeError: the index cannot be opened.
        """
        text = " ".join(query.split())[:MAX_QUERY_CHARACTERS]
        if not text:
            raise KnowledgeInputError("the question is empty; write what you want to know")
        if not 1 <= k <= 100:
            raise KnowledgeInputError(f"k is {k}; ask for 1 to 100 results")
        wanted = _conditions(where)
        self._ensure()
        english = to_english(text)
        vector = self._embed([english])[0]
        near = self._vectors.nearest(vector, k=max(CANDIDATES, 3 * k), where=wanted)
        lists = [[entry for entry, _ in near]]
        if hybrid:
            words = text if english == text else f"{text} {english}"
            lists.append(self._catalog.words(words, k=max(CANDIDATES, k), where=wanted))
        chosen = _fuse(lists)[: 2 * k]
        cosine = dict(near)
        cosine |= self._vectors.similarity(vector, [entry for entry in chosen if entry not in cosine])
        rows = self._catalog.get(chosen)
        return [_hit(rows[entry], cosine.get(entry, 0.0)) for entry in chosen if entry in rows][:k]

    def get(self, record_id: str) -> Hit | None:
        """One entry by its id, for a citation that is opened; its score is 1."""
        self._ensure()
        row = self._catalog.get([record_id]).get(record_id)
        return _hit(row, 1.0) if row else None

    def add(self, *paths: Path) -> Changes:
        """Add documents (PDF, Markdown, text, CSV) or record files (JSON); a new version replaces the old one.

        Every file is read before anything is written, so that one bad file changes nothing.

        Raises:
            KnowledgeInputError: no file, or one that cannot be used.
            KnowledgeError: another process is writing and does not finish.
        """
        if not paths:
            raise KnowledgeInputError("no file was given; name PDF, Markdown, text, CSV or JSON files")
        read = {str(path.resolve()): read_entries(path) for path in paths}
        self._ensure()
        with self._writing():
            done = [self._write(origin, entries) for origin, entries in read.items()]
        return _total(done)

    def add_records(self, records: Iterable[Record], *, origin: str) -> Changes:
        """Make `records` all there is of `origin`, embedding only what changed."""
        with self._writing():
            return self._write(origin, [record_entry(record, origin) for record in records])

    def rebuild(self, *, force: bool = False) -> Changes:
        """Bring the index up to date with the product's records and the users' files; unchanged texts are kept.

        Args:
            force: embed everything again.
        """
        skipped: list[str] = []
        with self._writing():
            force = force or self._is_damaged()
            done = [self._write(DOMAIN, [record_entry(r, DOMAIN) for r in domain_records()], force=force)]
            for origin in self.sources():
                try:
                    entries = read_entries(Path(origin)) if Path(origin).exists() else self._stored(origin)
                except KnowledgeInputError as error:
                    skipped.append(str(error))
                    entries = self._stored(origin)
                done.append(self._write(origin, entries, force=force))
        self._ready = True
        return _total(done, tuple(skipped))

    def _ensure(self) -> None:
        """Fill an empty index once; notice what another process wrote."""
        if self._domain and not self._ready:
            current = {record.id: record.content_hash for record in domain_records()}
            if self._catalog.hashes(DOMAIN) != current or self._catalog.fact("model") != MODEL_NAME:
                self.rebuild()
            self._ready = True
        generation = self._catalog.fact("generation")
        if generation != self._generation:
            self._vectors.close()
            self._generation = generation

    def _is_damaged(self) -> bool:
        """Vectors of another model, or fewer or more of them than the catalog says."""
        stored = self._catalog.fact("vectors")
        return self._catalog.fact("model") not in (None, MODEL_NAME) or (
            stored is not None and int(stored) != self._vectors.count()
        )

    def _write(self, origin: str, entries: Sequence[Entry], *, force: bool = False) -> Changes:
        known = self._catalog.hashes(origin)
        new = [entry for entry in entries if force or known.get(entry.id) != entry.hash]
        gone = sorted(set(known) - {entry.id for entry in entries})
        if new or gone:
            # Vectors of a replaced entry go first, since the new one may have fewer passages. A vector without its
            # catalog row is never shown, so a stop in between loses nothing that a rebuild does not bring back.
            self._vectors.remove([entry.id for entry in new if entry.id in known])
            if new:
                self._vectors.write(new, self._embed([text for entry in new for text in entry.passages]))
            generation = str(int(self._catalog.fact("generation") or 0) + 1)
            self._vectors.remove(gone)
            facts = {"generation": generation, "model": MODEL_NAME, "vectors": str(self._vectors.count())}
            self._catalog.replace(new, gone, facts)
            self._generation = generation
        return Changes(added=len(new), unchanged=len(entries) - len(new), removed=len(gone))

    def _stored(self, origin: str) -> list[Entry]:
        rows = self._catalog.get(list(self._catalog.hashes(origin)))
        return [stored_entry(row) for row in rows.values()]

    @contextmanager
    def _writing(self) -> Iterator[None]:
        if self._folder is None:
            yield
            return
        from filelock import FileLock, Timeout

        self._folder.mkdir(parents=True, exist_ok=True)
        try:
            with FileLock(self._folder / "write.lock", timeout=LOCK_SECONDS):
                if self._catalog.fact("generation") != self._generation:
                    self._vectors.close()
                yield
        except Timeout:
            raise KnowledgeError(f"another process is writing the index in {self._folder}; try again later") from None


def _conditions(where: Where | None) -> dict[str, Sequence[str]]:
    wanted: dict[str, Sequence[str]] = {}
    for name, value in (where or {}).items():
        if name not in FILTERS:
            raise KnowledgeInputError(f"no filter {name!r}; use {', '.join(FILTERS)}")
        if value is not None:
            wanted[name] = [value] if isinstance(value, str) else list(value)
    return wanted


def _fuse(lists: Sequence[Sequence[str]]) -> list[str]:
    """Reciprocal rank fusion: an entry's weight is the sum of 1 / (60 + rank)."""
    weights: dict[str, float] = {}
    for ranked in lists:
        for rank, entry in enumerate(ranked, start=1):
            weights[entry] = weights.get(entry, 0.0) + 1.0 / (FUSION_CONSTANT + rank)
    return sorted(weights, key=lambda entry: -weights[entry])


def _hit(row: Mapping[str, Any], score: float) -> Hit:
    return Hit(
        record_id=row["id"],
        title=row["title"],
        text=row["text"],
        score=round(min(max(score, -1.0), 1.0), 6),
        source=row["source"],
        kind=row["kind"],
        record=Record.model_validate_json(row["record"]) if row["record"] else None,
    )


def _total(done: Sequence[Changes], skipped: tuple[str, ...] = ()) -> Changes:
    return Changes(
        added=sum(change.added for change in done),
        unchanged=sum(change.unchanged for change in done),
        removed=sum(change.removed for change in done),
        skipped=skipped,
    )
