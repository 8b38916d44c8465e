import json
from collections import Counter
from pathlib import Path

import pytest

from knowledge.errors import KnowledgeInputError
from knowledge.records import domain_records, read_records

TYPES = "scratch crack dent void stain corrosion contamination missing_part chip bump discolouration hole"
FAMILIES = "metal casting pcb glass plastic textile ceramic weld magnetic_tile coating semiconductor general"


def test_the_shipped_records_cover_every_type_and_family():
    records = domain_records()
    assert len(records) >= 80
    assert {record.defect_type for record in records} >= set(TYPES.split())
    assert {record.family for record in records} == set(FAMILIES.split())


def test_every_record_is_complete_and_unique():
    records = domain_records()
    assert not [name for name, number in Counter(record.id for record in records).items() if number > 1]
    for record in records:
        assert record.looks.endswith("."), record.id
        assert all((record.causes, record.checks, record.actions, record.aliases)), record.id
        assert all(len(item) >= 3 and not item.endswith(".") for item in (*record.causes, *record.actions)), record.id


def test_the_public_layout_is_read(tmp_path: Path):
    path = tmp_path / "domain_knowledge.json"
    path.write_text(json.dumps({"DS-MVTec": {"bottle": {"broken_large": "A large\n break at the rim.", "good": "x"}}}))
    first, second = read_records(path)
    assert first.family == "DS-MVTec/bottle"
    assert first.defect_type == "broken_large"
    assert first.looks == "A large break at the rim."
    assert first.source == "domain_knowledge.json"
    assert second.defect_type == "good"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{", "not valid JSON"),
        ("3", "neither a list"),
        ('{"a": []}', "a is not an object"),
        ('{"a": {"b": {"c": 1}}}', "a/b/c is not a text"),
        ('[{"id": "x"}]', "Field required"),
        ("[" * 100_000, "not valid JSON"),
    ],
)
def test_a_bad_file_gives_one_sentence(tmp_path: Path, text: str, message: str):
    path = tmp_path / "bad.json"
    path.write_text(text)
    with pytest.raises(KnowledgeInputError, match=message) as caught:
        read_records(path)
    assert "\n" not in str(caught.value)


def test_a_missing_file_gives_one_sentence(tmp_path: Path):
    with pytest.raises(KnowledgeInputError, match="cannot be read"):
        read_records(tmp_path / "none.json")
