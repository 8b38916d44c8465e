"""Users' documents to citable passages: PDF page by page, Markdown heading by heading, CSV row by row, plain text.

Whatever a document says stays data: a passage is stored, found and shown as a quotation, and never put where a
language model takes instructions from.
"""

from __future__ import annotations

import csv
import hashlib
import io
import logging
import re
from collections.abc import Iterator
from pathlib import Path

from pydantic import BaseModel, ConfigDict

from knowledge.errors import KnowledgeInputError

SUFFIXES = frozenset({".pdf", ".md", ".markdown", ".txt", ".csv"})
MAX_FILE_BYTES = 50 * 1024 * 1024
MAX_TEXT_CHARACTERS = 4_000_000
MAX_PAGES = 2_000
MAX_CSV_ROWS = 20_000
CHUNK_CHARACTERS = 900
"""About 220 tokens: what the sentence model reads of a passage."""
OVERLAP_CHARACTERS = 120


class Passage(BaseModel):
    """A piece of a document and where in it to look."""

    model_config = ConfigDict(frozen=True)

    id: str
    title: str
    text: str
    source: str
    """File name."""
    place: str
    """`page 3`, `section "Porosity"`, `row 12`, `part 2`."""


def read_document(path: Path) -> list[Passage]:
    """Cut one document into passages.

    Raises:
        KnowledgeInputError: missing, of another kind, too large, broken, encrypted or without text.
    """
    suffix = path.suffix.lower()
    if suffix not in SUFFIXES:
        raise KnowledgeInputError(f"{path.name} is not a document that can be read; use {', '.join(sorted(SUFFIXES))}")
    data = _read(path)
    if suffix == ".pdf":
        pieces = _pdf(data, path.name)
    else:
        text = _decode(data, path.name)
        cut = {".csv": _csv, ".txt": _plain}.get(suffix, _markdown)
        pieces = cut(text, path.name)
    digest = hashlib.sha256(data).hexdigest()[:12]
    passages = [
        Passage(id=f"doc:{digest}:{number}", title=f"{path.name}, {place}", text=text, source=path.name, place=place)
        for number, (place, text) in enumerate(pieces)
    ]
    if not passages:
        raise KnowledgeInputError(f"{path.name} holds no text; a scanned PDF must go through text recognition first")
    return passages


def _read(path: Path) -> bytes:
    try:
        if path.stat().st_size > MAX_FILE_BYTES:
            raise KnowledgeInputError(f"{path.name} is larger than {MAX_FILE_BYTES // 2**20} MiB; split it")
        return path.read_bytes()
    except OSError as error:
        raise KnowledgeInputError(f"{path} cannot be read: {error.strerror}") from None


def _decode(data: bytes, name: str) -> str:
    if len(data) > MAX_TEXT_CHARACTERS * 4 or b"\0" in data[:4096]:
        problem = "is not a text file" if b"\0" in data[:4096] else _too_long(len(data))
        raise KnowledgeInputError(f"{name} {problem}; split it or export the pages that matter")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = data.decode("cp1252", errors="replace")
    if len(text) > MAX_TEXT_CHARACTERS:
        raise KnowledgeInputError(f"{name} {_too_long(len(text))}; split it or export the pages that matter")
    return text


def _too_long(characters: int) -> str:
    return f"holds {characters / 1e6:.1f} million characters, more than {MAX_TEXT_CHARACTERS / 1e6:g} million"


def _pdf(data: bytes, name: str) -> list[tuple[str, str]]:
    """Text by page. pypdf raises many kinds of error on a damaged file; all mean the same to the user."""
    from pypdf import PdfReader
    from pypdf.errors import FileNotDecryptedError

    logging.getLogger("pypdf").setLevel(logging.CRITICAL)
    pieces: list[tuple[str, str]] = []
    total = 0
    try:
        reader = PdfReader(io.BytesIO(data))
        if len(reader.pages) > MAX_PAGES:
            raise KnowledgeInputError(f"{name} has {len(reader.pages)} pages, more than {MAX_PAGES}; split it")
        for number, page in enumerate(reader.pages, start=1):
            text = page.extract_text() or ""
            total += len(text)
            if total > MAX_TEXT_CHARACTERS:
                raise KnowledgeInputError(f"{name} {_too_long(total)}; split it")
            pieces.extend((f"page {number}", chunk) for chunk in split_text(text))
    except KnowledgeInputError:
        raise
    except FileNotDecryptedError:
        raise KnowledgeInputError(f"{name} is encrypted; save a copy without a password") from None
    except Exception:
        raise KnowledgeInputError(
            f"{name} is not a PDF that can be read (damaged or cut off); export it again"
        ) from None
    return pieces


def _markdown(text: str, _name: str) -> list[tuple[str, str]]:
    """Text by heading."""
    pieces: list[tuple[str, str]] = []
    heading, start = "", 0
    marks = [*re.finditer(r"^#{1,6}[ \t]+(.{1,200})$", text, flags=re.MULTILINE), None]
    for mark in marks:
        body = text[start : mark.start() if mark else len(text)]
        place = f'section "{heading}"' if heading else "start"
        pieces.extend((place, f"{heading}. {chunk}" if heading else chunk) for chunk in split_text(body))
        if mark:
            heading, start = mark.group(1).strip(" #\t"), mark.end()
    return pieces


def _plain(text: str, _name: str) -> list[tuple[str, str]]:
    return [(f"part {number}", chunk) for number, chunk in enumerate(split_text(text), start=1)]


def _csv(text: str, name: str) -> list[tuple[str, str]]:
    """`column: value; …` a row; the first row holds the columns' names."""
    try:
        dialect: type[csv.Dialect] | str = csv.Sniffer().sniff(text[:4096], delimiters=",;\t|")
    except csv.Error:
        dialect = "excel"
    pieces: list[tuple[str, str]] = []
    try:
        for number, row in enumerate(csv.DictReader(io.StringIO(text), dialect=dialect), start=2):
            if number > MAX_CSV_ROWS:
                raise KnowledgeInputError(f"{name} has more than {MAX_CSV_ROWS} rows; split it")
            cells = [
                f"{key}: {value.strip()}" for key, value in row.items() if key and isinstance(value, str) and value
            ]
            pieces.extend((f"row {number}", chunk) for chunk in split_text("; ".join(cells)))
    except csv.Error as error:
        raise KnowledgeInputError(f"{name} is not a table that can be read ({error}); export it as CSV again") from None
    return pieces


def split_text(text: str) -> Iterator[str]:
    """Pieces of at most `CHUNK_CHARACTERS`, cut at sentence or word ends, each overlapping the one before a little."""
    rest = " ".join(text.split())
    start = 0
    while start < len(rest):
        end = min(start + CHUNK_CHARACTERS, len(rest))
        if end < len(rest):
            window = rest[start:end]
            cut = max(window.rfind(mark) + 1 for mark in (". ", "! ", "? ", "; "))
            cut = cut if cut > CHUNK_CHARACTERS // 2 else window.rfind(" ")
            end = start + (cut if cut > CHUNK_CHARACTERS // 2 else CHUNK_CHARACTERS)
        yield rest[start:end].strip()
        if end == len(rest):
            return
        step_back = rest.rfind(" ", start, max(start + 1, end - OVERLAP_CHARACTERS))
        start = step_back + 1 if step_back > start else end
