import random
from itertools import pairwise
from pathlib import Path

import pytest
from fpdf import FPDF
from hypothesis import given, settings
from hypothesis import strategies as st
from pypdf import PdfReader, PdfWriter

from knowledge.documents import CHUNK_CHARACTERS, read_document, split_text
from knowledge.errors import KnowledgeInputError


def make_pdf(path: Path, *pages: str) -> Path:
    pdf = FPDF()
    pdf.set_font("Helvetica", size=11)
    for text in pages:
        pdf.add_page()
        pdf.multi_cell(0, 6, text)
    pdf.output(str(path))
    return path


def test_a_pdf_is_cited_by_page(tmp_path: Path):
    passages = read_document(make_pdf(tmp_path / "manual.pdf", "Clean the nozzle daily.", "Check the clamp force."))
    assert [passage.place for passage in passages] == ["page 1", "page 2"]
    assert "clamp force" in passages[1].text
    assert passages[1].title == "manual.pdf, page 2"


def test_markdown_is_cited_by_section_and_csv_by_row(tmp_path: Path):
    guide = tmp_path / "guide.md"
    guide.write_text("Intro.\n# Porosity\nVent the mould.\n## Deep\nMore.\n")
    assert [p.place for p in read_document(guide)] == ["start", 'section "Porosity"', 'section "Deep"']
    table = tmp_path / "log.csv"
    table.write_text("machine;fault\nM7;burr at gate\nM8;\n")
    rows = read_document(table)
    assert [p.place for p in rows] == ["row 2", "row 3"]
    assert rows[0].text == "machine: M7; fault: burr at gate"


@settings(max_examples=40, deadline=None)
@given(st.text(max_size=4000))
def test_pieces_are_short_and_lose_no_word(text: str):
    pieces = list(split_text(text))
    assert all(0 < len(piece) <= CHUNK_CHARACTERS for piece in pieces)
    if max(map(len, text.split()), default=0) < 100:
        assert set(text.split()) <= {word for piece in pieces for word in piece.split()}


def test_long_sentences_overlap():
    text = " ".join(f"word{number}" for number in range(1000))
    pieces = list(split_text(text))
    assert len(pieces) > 5
    assert all(set(a.split()) & set(b.split()) for a, b in pairwise(pieces))


@pytest.mark.parametrize("keep", [0.0, 0.1, 0.5, 0.9])
def test_a_cut_pdf_is_one_sentence_or_some_text(tmp_path: Path, keep: float):
    data = make_pdf(tmp_path / "whole.pdf", *["Some text here."] * 5).read_bytes()
    broken = tmp_path / "broken.pdf"
    broken.write_bytes(data[: int(len(data) * keep)])
    try:
        assert read_document(broken)
    except KnowledgeInputError as error:
        message = str(error)
    else:
        return
    assert "broken.pdf" in message
    assert "\n" not in message


def test_noise_named_pdf_is_refused(tmp_path: Path):
    noise = tmp_path / "noise.pdf"
    noise.write_bytes(random.Random(1).randbytes(20_000))
    with pytest.raises(KnowledgeInputError, match="damaged or cut off"):
        read_document(noise)


def test_an_encrypted_pdf_is_refused(tmp_path: Path):
    writer = PdfWriter(clone_from=PdfReader(make_pdf(tmp_path / "open.pdf", "Secret.")))
    writer.encrypt("password", algorithm="RC4-128")
    locked = tmp_path / "locked.pdf"
    writer.write(str(locked))
    with pytest.raises(KnowledgeInputError, match=r"encrypted|cannot be read|damaged"):
        read_document(locked)


@pytest.mark.parametrize(
    ("name", "data", "message"),
    [
        ("a.docx", b"x", "not a document"),
        ("a.txt", b"", "holds no text"),
        ("a.txt", b"\0\1\2", "not a text file"),
        ("big.txt", b"word " * 2_000_000, "10.0 million characters"),
        ("a.csv", b"a,b\n", "holds no text"),
        ("a.csv", b'a,b\n"' + b"x" * 200_000, "not a table"),
    ],
)
def test_bad_files_give_one_sentence(tmp_path: Path, name: str, data: bytes, message: str):
    path = tmp_path / name
    path.write_bytes(data)
    with pytest.raises(KnowledgeInputError, match=message) as caught:
        read_document(path)
    assert "\n" not in str(caught.value)


def test_windows_text_is_read(tmp_path: Path):
    path = tmp_path / "alt.txt"
    path.write_bytes("Prüfen Sie die Düse.".encode("cp1252"))
    assert read_document(path)[0].text == "Prüfen Sie die Düse."
