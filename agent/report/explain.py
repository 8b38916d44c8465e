"""Answers about a report in the chat: why this type, what to check, how it compares with earlier.

Every answer is put together from the inspection's own numbers and from records, and says which; where something is not
known it says that instead.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from pydantic import BaseModel, ConfigDict

from agent.report.advice import cite
from agent.report.facts import canonical_type
from agent.report.lexicon import get_lexicon
from agent.report.phrases import Phrases, get_phrases
from agent.report.questions import kind_of
from agent.report.schema import Citation, Finding, Report
from agent.report.shift import pareto, wilson
from tools.detection.records import InspectionRecord
from tools.detection.regions import UNKNOWN_TYPE

if TYPE_CHECKING:
    from knowledge.index import Hit, KnowledgeIndex

SIGNIFICANT = 0.05


class Answer(BaseModel):
    """Words for the chat, and what they stand on."""

    model_config = ConfigDict(frozen=True)

    text: str
    """Markdown: each cited record as `[record id]`, each finding by its number and id."""
    citations: tuple[Citation, ...] = ()
    region_ids: tuple[str, ...] = ()
    pictures: tuple[str, ...] = ()
    """Files beside the saved report."""


def answer(
    question: str,
    report: Report,
    index: KnowledgeIndex,
    *,
    records: Sequence[InspectionRecord] = (),
    earlier: Sequence[InspectionRecord] = (),
    language: str = "en",
) -> Answer | None:
    """Answer a question about a report; None where it is none of the three kinds.

    Args:
        question: as asked.
        report: the report it is about.
        index: the knowledge.
        records, earlier: inspections of now and of before, for comparisons.
        language: `en`, `de` or `ko`.
    """
    kind = kind_of(question)
    if kind == "compare":
        return compare(records, earlier, language=language)
    if kind == "check":
        return what_to_check(report, index, language=language)
    return why_type(question, report, index, language=language) if kind == "why" else None


def why_type(question: str, report: Report, index: KnowledgeIndex, *, language: str = "en") -> Answer:
    """Why a finding is called what it is called, and how it differs from what the question names."""
    words = get_phrases(language)
    asked = _named_types(question, language)
    finding = _meant(question, asked, report)
    if finding is None:
        return Answer(text=words.say("why_nothing"))
    number = report.findings.index(finding) + 1
    region = finding.region
    own = canonical_type(region.type)
    lines = [
        words.say(
            "why_found", number=number, id=region.id, type=words.type_name(region.type), source=finding.type_source
        )
    ]
    if region.type == UNKNOWN_TYPE:
        lines = [words.say("why_unknown", number=number, id=region.id)]
    elif region.type_confidence is not None and finding.type_source == "nearest example":
        lines.append(words.say("why_votes", share=f"{100 * region.type_confidence:.0f}"))
    lines.append(_measured(finding, words))
    cited: list[Hit] = []
    for name in dict.fromkeys([own, *asked]):
        tell, hit = _tell(name, [one for one in (own, *asked) if one != name], index)
        if tell and hit is not None:
            lines.append(f"- {tell} [{hit.record_id}]")
            cited.append(hit)
    if not cited:
        lines.append(words.say("why_no_record"))
    pictures = tuple(p.file for p in report.pictures if p.region_id == region.id and p.file)
    unique = {hit.record_id: cite(hit) for hit in cited}
    return Answer(text="\n".join(lines), citations=tuple(unique.values()), region_ids=(region.id,), pictures=pictures)


def what_to_check(report: Report, index: KnowledgeIndex, *, language: str = "en") -> Answer:
    """Checks and actions out of the report's records; out of a search where the report has none."""
    words = get_phrases(language)
    checks = [one for one in report.advice if one.kind == "check"]
    actions = [one for one in report.advice if one.kind == "action"]
    citations = {citation.record_id: citation for citation in report.citations if citation.kind == "record"}
    lines = []
    for label, items in (("checks", checks), ("actions", actions)):
        if items:
            lines += [f"**{words.labels[label]}**", *(f"- {item.text} [{item.record_id}]" for item in items)]
    if not lines:
        for hit in _general(report, index):
            citations[hit.record_id] = cite(hit)
            if hit.record is not None:
                lines += [f"- {text} [{hit.record_id}]" for text in (*hit.record.checks, *hit.record.actions)]
    text = "\n".join(lines) or words.labels["no_advice"]
    regions = tuple(finding.region.id for finding in report.findings)
    return Answer(text=text, citations=tuple(citations.values()), region_ids=regions)


def _general(report: Report, index: KnowledgeIndex) -> list[Hit]:
    """The general record that fits best; never one on a type that nothing named."""
    known = {canonical_type(f.region.type) for f in report.findings if f.region.type != UNKNOWN_TYPE}
    about = " ".join(sorted(known)) or "rejected parts"
    hits = index.search(f"{about}: what to check first", k=20, where={"family": "general"})
    fit = [hit for hit in hits if hit.record is not None and hit.record.defect_type in {None, *known}]
    return fit[:1]


def compare(
    records: Sequence[InspectionRecord], earlier: Sequence[InspectionRecord], *, language: str = "en"
) -> Answer:
    """NG rate, types and scores of two batches, with a test of the difference (Fisher 1935, exact, two-sided)."""
    from scipy.stats import fisher_exact

    words = get_phrases(language)
    judged = [[one for one in batch if one.verdict != "cannot_judge"] for batch in (records, earlier)]
    if not judged[0] or not judged[1]:
        return Answer(text=words.say("compare_nothing"))
    (new, old), totals = [sum(one.verdict == "ng" for one in batch) for batch in judged], [len(b) for b in judged]
    p_value = float(fisher_exact([[new, totals[0] - new], [old, totals[1] - old]])[1])
    intervals = [wilson(count, total) for count, total in zip((new, old), totals, strict=True)]
    rates = [f"{100 * count / total:.1f}" for count, total in zip((new, old), totals, strict=True)]
    ranges = [f"{100 * low:.1f}–{100 * high:.1f}" for low, high in intervals]
    values = {"new": rates[0], "old": rates[1], "new_range": ranges[0], "old_range": ranges[1]}
    lines = [words.say("compare_rates", **values, parts=totals[0], before=totals[1])]
    lines.append(words.say("compare_real" if p_value < SIGNIFICANT else "compare_chance", p=f"{p_value:.2g}"))
    before = {row.type: row.count for row in pareto(earlier)}
    for row in pareto(records)[:3]:
        was = before.get(row.type, 0)
        lines.append(f"- {words.type_name(row.type)}: {was} → {row.count}")
    medians = [np.median([one.score for one in batch if one.score is not None] or [np.nan]) for batch in judged]
    if np.isfinite(medians).all():
        shown = [words.number(float(value)) for value in medians]
        lines.append(words.say("compare_scores", new=shown[0], old=shown[1]))
    return Answer(text="\n".join(lines))


def _named_types(question: str, language: str) -> list[str]:
    """Types that a question names, in order; English names are understood in every language."""
    found: dict[str, int] = {}
    for lexicon in (get_lexicon(language), get_lexicon("en")):
        for name, pattern in lexicon.types.items():
            match = pattern.search(question)
            if match:
                found.setdefault(name, match.start())
    return sorted(found, key=lambda name: found[name])


def _meant(question: str, asked: Sequence[str], report: Report) -> Finding | None:
    """The finding a question is about: by id, by number, by type, else the first."""
    for finding in report.findings:
        if finding.region.id in question:
            return finding
    number = re.search(r"(?:#|no\.? ?|nr\.? ?|region |finding |befund )(\d{1,3})\b", question, re.IGNORECASE)
    if number and 1 <= int(number.group(1)) <= len(report.findings):
        return report.findings[int(number.group(1)) - 1]
    same = [finding for finding in report.findings if canonical_type(finding.region.type) in asked]
    return next(iter([*same, *report.findings]), None)


def _measured(finding: Finding, words: Phrases) -> str:
    region = finding.region
    return words.say(
        "why_measured",
        length=words.length(region.length_px, region.length_mm),
        width=words.length(region.width_px, region.width_mm),
        ratio=words.number(region.aspect_ratio, digits=3),
    )


def _tell(name: str, others: Sequence[str], index: KnowledgeIndex) -> tuple[str | None, Hit | None]:
    """What tells a type from the others: the sentence of a general record, else of a record of that type."""
    query = f"{name} or {' '.join(others)}: how to tell".replace("_", " ")
    hits = index.search(query, k=5, where={"family": "general"})
    if others:
        hits += index.search(query, k=3, where={"defect_type": [name, *others]})
    for hit in hits:
        if hit.record is not None and name in hit.record.tells:
            return hit.record.tells[name], hit
    return None, None
