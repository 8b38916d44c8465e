"""Causes, checks and actions for what was found, each out of a retrieved record and word for word.

Retrieval sees the type that the inspection named, never a label that the inspection did not know.
"""

from __future__ import annotations

from collections.abc import Sequence

from agent.report.facts import Facts, canonical_type
from agent.report.schema import Advice, Citation
from knowledge.families import family_of
from knowledge.index import Hit, KnowledgeIndex
from tools.detection.regions import UNKNOWN_TYPE, Region

UNKNOWN_RECORD = "general.severity"
"""Where nothing named the type: how to judge it; a record on a type would suggest one."""
RECORDS_A_TYPE = 2
ITEMS_A_KIND = 3
MIN_DOCUMENT_COSINE = 0.45
"""A user's passage is quoted only where it is about the matter."""


def advise(
    facts: Facts, index: KnowledgeIndex, *, part: str, material: str | None, family: str | None
) -> tuple[tuple[Advice, ...], tuple[Citation, ...]]:
    """What the knowledge says about the findings.

    Args:
        facts: of the inspection; its own citations are not read.
        index: the knowledge.
        part: the part's name, for the search.
        material: the part's material in words, from which the family follows where it is not given.
        family: of the records: `metal`, `casting`, `pcb` …; without one only general records are used, since the
            causes of a scratch on glass are none on a circuit board.
    """
    home = family or family_of(material or "") or family_of(part)
    groups: dict[str, list[Region]] = {}
    for region in facts.regions:
        key = UNKNOWN_TYPE if region.type == UNKNOWN_TYPE else canonical_type(region.type)
        groups.setdefault(key, []).append(region)
    advice: list[Advice] = []
    citations: dict[str, Citation] = {}
    for key, regions in groups.items():
        for hit in _records(key, regions, index, home, material or part):
            if hit.record is None or hit.record_id in citations:
                continue
            citations[hit.record_id] = cite(hit)
            # A general record tells types apart: its causes are those of more than one type.
            advice += _items(hit, regions, with_causes=hit.record.family != "general")
    if groups:
        for hit in _documents(groups, index, material or part):
            citations.setdefault(hit.record_id, cite(hit))
    return tuple(advice), tuple(citations.values())


def cite(hit: Hit) -> Citation:
    """A hit as the report keeps it."""
    return Citation(
        record_id=hit.record_id,
        title=hit.title,
        source=hit.source,
        text=hit.text,
        standards=hit.record.standards if hit.record else (),
        kind=hit.kind,
    )


def _records(key: str, regions: Sequence[Region], index: KnowledgeIndex, family: str | None, about: str) -> list[Hit]:
    if key == UNKNOWN_TYPE:
        hit = index.get(UNKNOWN_RECORD)
        return [hit] if hit else []
    families = [family, "general"] if family else ["general"]
    query = f"{key.replace('_', ' ')} {regions[0].shape} on {about}"
    found = index.search(query, k=RECORDS_A_TYPE + 1, where={"defect_type": key, "family": families, "kind": "record"})
    found.sort(key=lambda hit: hit.record is not None and hit.record.family == "general")
    return found[:RECORDS_A_TYPE]


def _documents(groups: dict[str, list[Region]], index: KnowledgeIndex, about: str) -> list[Hit]:
    if not index.sources():
        return []
    names = " ".join(key.replace("_", " ") for key in groups if key != UNKNOWN_TYPE) or "defects"
    hits = index.search(f"{names} on {about}: causes and what to do", k=2, where={"kind": "document"})
    return [hit for hit in hits if hit.score >= MIN_DOCUMENT_COSINE]


def _items(hit: Hit, regions: Sequence[Region], *, with_causes: bool) -> list[Advice]:
    assert hit.record is not None
    lists = (
        ("cause", hit.record.causes if with_causes else ()),
        ("check", hit.record.checks),
        ("action", hit.record.actions),
    )
    names = tuple(region.id for region in regions)
    return [
        Advice(kind=kind, text=text, record_id=hit.record_id, region_ids=names)
        for kind, texts in lists
        for text in texts[:ITEMS_A_KIND]
    ]
