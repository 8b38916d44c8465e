"""Domain knowledge as data: one `Record` a kind of defect, read from JSON.

Two layouts are read: a list of our own records (`knowledge/domain/*.json`), and the public layout of MMAD,
`{dataset: {category: {defect_type: text}}}`, whose texts become records without causes or actions.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator, Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from knowledge.errors import KnowledgeInputError

DOMAIN_FOLDER = Path(__file__).parent / "domain"
MAX_BYTES = 64 * 1024 * 1024


class Record(BaseModel):
    """What is known about one defect type in one family of materials or processes."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: str = Field(pattern=r"^[\w.:/+ -]{1,200}$")
    title: str = Field(min_length=1, max_length=300)
    defect_type: str | None = None
    """One of the twelve names of the Blueprint, or the name a data set uses; None for advice on any type."""
    family: str
    """`metal`, `casting`, `pcb`, `glass`, `plastic`, `textile`, `ceramic`, `weld`, `magnetic_tile`, `coating`,
    `semiconductor`, `general`, or `dataset/category` of a data set."""
    aliases: tuple[str, ...] = ()
    """Names in other languages, German first."""
    looks: str
    causes: tuple[str, ...] = ()
    checks: tuple[str, ...] = ()
    actions: tuple[str, ...] = ()
    standards: tuple[str, ...] = ()
    """By name only; their text is not here."""
    tells: Mapping[str, str] = Field(default_factory=dict)
    """Other defect type → the sentence that tells the two apart."""
    source: str = ""

    @property
    def text(self) -> str:
        """The record as one English paragraph."""
        parts = [f"{self.title}. {self.looks}"]
        for label, items in (("Causes", self.causes), ("Check", self.checks), ("Do", self.actions)):
            if items:
                parts.append(f"{label}: {'; '.join(items)}.")
        parts.extend(self.tells.values())
        if self.standards:
            parts.append(f"Standards: {', '.join(self.standards)}.")
        return " ".join(parts)

    @property
    def passages(self) -> tuple[str, ...]:
        """The texts to embed: how it looks, and what to do about it. Short passages embed better than long ones."""
        what = f"{self.title}. {self.looks}"
        if not self.causes:
            return (what,)
        return (what, f"{self.title}: {'; '.join((*self.causes, *self.checks, *self.actions))}.")

    @property
    def content_hash(self) -> str:
        """SHA-256 of the whole record."""
        return hashlib.sha256(self.model_dump_json().encode()).hexdigest()


@lru_cache(maxsize=1)
def domain_records() -> tuple[Record, ...]:
    """The records that come with the product, sorted by file."""
    return tuple(record for path in sorted(DOMAIN_FOLDER.glob("*.json")) for record in read_records(path))


def read_records(path: Path) -> list[Record]:
    """Read a JSON file in either layout.

    Raises:
        KnowledgeInputError: missing, too large, not JSON, or in neither layout.
    """
    try:
        if path.stat().st_size > MAX_BYTES:
            raise KnowledgeInputError(f"{path.name} is larger than {MAX_BYTES // 2**20} MiB; split it")
        data = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise KnowledgeInputError(f"{path} cannot be read: {error.strerror}") from None
    except (ValueError, RecursionError):
        raise KnowledgeInputError(f"{path.name} is not valid JSON; export it again") from None
    return list(_parse(data, path))


def _parse(data: Any, path: Path) -> Iterator[Record]:
    try:
        if isinstance(data, list):
            yield from (Record.model_validate(item) for item in data)
        elif isinstance(data, dict):
            yield from _mmad(data, path)
        else:
            raise KnowledgeInputError(f"{path.name} holds neither a list of records nor dataset/category/defect texts")
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(map(str, first["loc"]))
        raise KnowledgeInputError(f"{path.name}: a record's {place or 'fields'}: {first['msg']}") from None


def _mmad(data: Mapping[str, Any], path: Path) -> Iterator[Record]:
    """`{dataset: {category: {defect_type: text}}}`."""
    for dataset, categories in data.items():
        for category, texts in _mapping(categories, dataset, path).items():
            for defect_type, text in _mapping(texts, f"{dataset}/{category}", path).items():
                if not isinstance(text, str):
                    raise KnowledgeInputError(f"{path.name}: {dataset}/{category}/{defect_type} is not a text")
                yield Record(
                    id=re.sub(r"[^\w.:/+ -]", "_", f"mmad:{dataset}/{category}/{defect_type}")[:200],
                    title=f"{category}: {defect_type}".replace("_", " ")[:300],
                    defect_type=defect_type,
                    family=f"{dataset}/{category}",
                    looks=" ".join(text.split()),
                    source=path.name,
                )


def _mapping(value: Any, name: str, path: Path) -> Mapping[str, Any]:
    if not isinstance(value, dict):
        raise KnowledgeInputError(
            f"{path.name}: {name} is not an object; use {{dataset: {{category: {{type: text}}}}}}"
        )
    return value
