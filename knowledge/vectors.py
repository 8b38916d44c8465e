"""The vectors of the index, in Chroma: a folder on this machine, or a Chroma server."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import urlparse
from uuid import uuid4

import numpy as np
from numpy.typing import NDArray

from knowledge.catalog import Entry
from knowledge.errors import KnowledgeError, KnowledgeInputError

COLLECTION = "knowledge"
_BATCH = 1000


class VectorStore:
    """Cosine search over passages; a vector's id is its entry's id, `#` and the passage's number.

    Chroma is always handed our own vectors: its default embedding would fetch a model from the internet.
    """

    def __init__(self, folder: Path | None, server: str | None = None) -> None:
        self._folder, self._server = folder, server
        self._client: Any = None
        self._collection: Any = None

    def _open(self) -> Any:
        if self._collection is None:
            try:
                self._client = self._connect()
                name = COLLECTION if self._folder or self._server else f"{COLLECTION}-{uuid4().hex[:12]}"
                self._collection = self._client.get_or_create_collection(
                    name, embedding_function=None, configuration={"hnsw": {"space": "cosine"}}
                )
            except Exception as error:
                place = self._server or self._folder or "memory"
                raise KnowledgeError(f"the knowledge index at {place} cannot be opened ({error})") from None
        return self._collection

    def _connect(self) -> Any:
        import chromadb
        from chromadb.config import Settings

        settings = Settings(anonymized_telemetry=False)
        if self._server:
            address = urlparse(self._server)
            if address.scheme not in ("http", "https") or not address.hostname:
                raise KnowledgeInputError(f"{self._server!r} is not a Chroma server; write http://host:port")
            secure = address.scheme == "https"
            port = address.port or (443 if secure else 8000)
            return chromadb.HttpClient(host=address.hostname, port=port, ssl=secure, settings=settings)
        if self._folder is None:
            return chromadb.EphemeralClient(settings=settings)
        self._folder.mkdir(parents=True, exist_ok=True)
        return chromadb.PersistentClient(str(self._folder), settings=settings)

    def close(self) -> None:
        """Let go of the files; the next call opens them again, and sees what others wrote meanwhile."""
        if self._client is not None and (self._folder or self._server):
            self._client.close()
            self._client = self._collection = None

    def count(self) -> int:
        """How many passages."""
        return int(self._open().count())

    def write(self, entries: Sequence[Entry], vectors: NDArray[np.float32]) -> None:
        """Insert or replace the passages of these entries; `vectors` has a row a passage, in order."""
        collection = self._open()
        ids = [f"{entry.id}#{number}" for entry in entries for number in range(len(entry.passages))]
        facts = [_facts(entry) for entry in entries for _ in entry.passages]
        for start in range(0, len(ids), _BATCH):
            part = slice(start, start + _BATCH)
            collection.upsert(ids=ids[part], embeddings=vectors[part], metadatas=facts[part])

    def remove(self, ids: Sequence[str]) -> None:
        """Remove every passage of these entries."""
        collection = self._open()
        for start in range(0, len(ids), _BATCH):
            collection.delete(where={"entry": {"$in": list(ids[start : start + _BATCH])}})

    def nearest(
        self, vector: NDArray[np.float32], *, k: int, where: Mapping[str, Sequence[str]]
    ) -> list[tuple[str, float]]:
        """Entry ids and cosine similarities of the nearest passages, best first, an entry once."""
        collection = self._open()
        count = min(k, collection.count())
        if count == 0:
            return []
        parts: list[dict[str, Any]] = [{name: {"$in": list(values)}} for name, values in where.items()]
        condition: Any = None if not parts else parts[0] if len(parts) == 1 else {"$and": parts}
        found = collection.query(
            query_embeddings=[vector], n_results=count, where=condition, include=["metadatas", "distances"]
        )
        best: dict[str, float] = {}
        for facts, distance in zip(found["metadatas"][0], found["distances"][0], strict=True):
            best.setdefault(str(facts["entry"]), 1.0 - float(distance))
        return list(best.items())

    def similarity(self, vector: NDArray[np.float32], ids: Sequence[str]) -> dict[str, float]:
        """The best cosine similarity of each of these entries."""
        if not ids:
            return {}
        found = self._open().get(where={"entry": {"$in": list(ids)}}, include=["metadatas", "embeddings"])
        best: dict[str, float] = {}
        for facts, other in zip(found["metadatas"], found["embeddings"], strict=True):
            entry = str(facts["entry"])
            best[entry] = max(best.get(entry, -1.0), float(np.dot(vector, other)))
        return best


def _facts(entry: Entry) -> dict[str, str]:
    values = {"entry": entry.id, "kind": entry.kind, "source": entry.source}
    values |= {"defect_type": entry.defect_type or "", "family": entry.family or ""}
    return values
