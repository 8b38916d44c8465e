"""Knowledge search on questions that were written before the records: recall@3 and MRR against BM25, latency, scale.

The questions and the records have the same author, so the figures say how well a question finds a record that answers
it, not how well other people's questions are covered. No part of the search was fitted to the questions; the German
glossary was written after them.
"""

from __future__ import annotations

import json
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from evals.common import bootstrap_interval
from knowledge.embedding import DIMENSION, embed_texts
from knowledge.index import KnowledgeIndex
from knowledge.records import Record, domain_records

QUESTIONS = Path(__file__).parent / "questions.json"
DEPTH = 10
Search = Callable[[str], list[str]]


def run(*, seed: int, quick: bool, out: Path) -> dict[str, Any]:
    """Measure; `quick` builds the large index with 10,000 records instead of 100,000."""
    questions: list[dict[str, Any]] = json.loads(QUESTIONS.read_text(encoding="utf-8"))
    with tempfile.TemporaryDirectory(prefix="redrabbit-retrieval-") as folder:
        index = KnowledgeIndex(Path(folder))
        index.rebuild()
        methods: dict[str, Search] = {
            "hybrid": lambda text: [hit.record_id for hit in index.search(text, k=DEPTH)],
            "semantic": lambda text: [hit.record_id for hit in index.search(text, k=DEPTH, hybrid=False)],
            "bm25": _bm25(domain_records()),
        }
        results = {name: _score(name, search, questions, seed) for name, search in methods.items()}
        index.close()
    return {
        "questions": len(questions),
        "german": sum(one["language"] == "de" for one in questions),
        "records": len(domain_records()),
        "methods": results,
        "scale": _scale(10_000 if quick else 100_000, seed, out),
    }


def _score(name: str, search: Search, questions: Sequence[dict[str, Any]], seed: int) -> dict[str, Any]:
    """Recall@3, MRR@10 and latency of one method, and the questions that it misses."""
    search(questions[0]["question"])
    ranks, seconds, missed = [], [], []
    for one in questions:
        started = time.perf_counter()
        found = search(one["question"])
        seconds.append(time.perf_counter() - started)
        rank = next((place for place, record in enumerate(found, 1) if record in one["relevant"]), 0)
        ranks.append(rank)
        if not 1 <= rank <= 3:
            missed.append({"question": one["question"], "wanted": one["relevant"], "found": found[:3]})
    places = np.array(ranks)
    print(f"{name}: recall@3 {np.mean((places >= 1) & (places <= 3)):.3f}", file=sys.stderr)
    german = np.array([one["language"] == "de" for one in questions])
    return {
        **_figures(places, seed),
        "english": _figures(places[~german], seed),
        "german": _figures(places[german], seed),
        "latency_ms": {name: float(1e3 * np.quantile(seconds, q)) for name, q in (("median", 0.5), ("p95", 0.95))},
        "missed": missed,
    }


def _figures(places: NDArray[np.int_], seed: int) -> dict[str, Any]:
    hit = (places >= 1) & (places <= 3)
    reciprocal = np.where(places > 0, 1.0 / np.maximum(places, 1), 0.0)
    return {
        "recall_at_3": bootstrap_interval(lambda rows: float(hit[rows].mean()), len(places), seed=seed),
        "mrr": bootstrap_interval(lambda rows: float(reciprocal[rows].mean()), len(places), seed=seed),
    }


def _bm25(records: Sequence[Record]) -> Search:
    """The lexical baseline (bm25s, Lucene's BM25), over the same texts and names in both languages."""
    import bm25s

    texts = [f"{record.text} {' '.join(record.aliases)}" for record in records]
    ranker = bm25s.BM25()
    ranker.index(bm25s.tokenize(texts, stopwords="en", show_progress=False), show_progress=False)

    def search(text: str) -> list[str]:
        tokens = bm25s.tokenize([text], stopwords="en", show_progress=False)
        rows, scores = ranker.retrieve(tokens, k=DEPTH, show_progress=False)
        return [records[int(row)].id for row, score in zip(rows[0], scores[0], strict=True) if score > 0]

    return search


def _scale(count: int, seed: int, out: Path) -> dict[str, Any]:
    """Fill an index with generated records and random unit vectors, then search it: the machinery, not the model."""
    generator = np.random.default_rng(seed)
    words = sorted({word for record in domain_records() for word in record.text.split() if len(word) > 3})

    def embed(texts: Sequence[str]) -> NDArray[np.float32]:
        vectors = generator.normal(size=(len(texts), DIMENSION)).astype(np.float32)
        unit: NDArray[np.float32] = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
        return unit

    with tempfile.TemporaryDirectory(prefix="redrabbit-scale-", dir=out) as folder:
        index = KnowledgeIndex(Path(folder), embed=embed, domain=False)
        started = time.perf_counter()
        for start in range(0, count, 5000):
            batch = [_generated(number, words, generator) for number in range(start, min(start + 5000, count))]
            index.add_records(batch, origin=f"generated {start}")
            print(f"scale: {start + len(batch)}/{count} records", file=sys.stderr)
        built = time.perf_counter() - started
        seconds = []
        for number in range(50):
            wanted = f"generated.{int(generator.integers(count))}"
            hit = index.get(wanted)
            assert hit is not None
            begun = time.perf_counter()
            index.search(hit.title, k=5, where={"family": "metal"} if number % 2 else None)
            seconds.append(time.perf_counter() - begun)
        size = sum(path.stat().st_size for path in Path(folder).rglob("*") if path.is_file())
        index.close()
    return {
        "records": count,
        "build_s": built,
        "search_ms": {"median": 1e3 * float(np.median(seconds)), "p95": 1e3 * float(np.quantile(seconds, 0.95))},
        "size_mb": size / 2**20,
        "embedding_ms_a_text": _embedding_ms(),
    }


def _embedding_ms() -> float:
    texts = [record.passages[0] for record in domain_records()[:64]]
    embed_texts(texts[:4])
    started = time.perf_counter()
    embed_texts(texts)
    return 1e3 * (time.perf_counter() - started) / len(texts)


def _generated(number: int, words: Sequence[str], generator: np.random.Generator) -> Record:
    chosen = [words[int(index)] for index in generator.integers(len(words), size=24)]
    family = ("metal", "glass", "plastic", "weld")[number % 4]
    title = f"{' '.join(chosen[:4])} {number}"
    return Record(id=f"generated.{number}", title=title, defect_type="void", family=family, looks=" ".join(chosen))
