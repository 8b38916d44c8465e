"""`domain_knowledge.json` from the records that come with Red Rabbit."""

from __future__ import annotations

from pathlib import Path

from evals.mmad.domain import write_knowledge
from evals.mmad.layout import read_knowledge


def test_the_records_of_a_family_are_written_in_the_benchmarks_layout(tmp_path: Path) -> None:
    path = write_knowledge(tmp_path, "tiles", "magnetic_tile")
    assert path is not None
    texts = read_knowledge(path)["tiles"]["magnetic_tile"]
    assert len(texts) >= 5
    assert all(len(text) > 40 for text in texts.values())


def test_a_family_without_records_has_none(tmp_path: Path) -> None:
    assert write_knowledge(tmp_path, "own", "teapot") is None
    assert not list(tmp_path.iterdir())
