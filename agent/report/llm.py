"""The `llm` writer: any LangChain chat model writes, the checker decides what stays.

The writing itself is a dspy program (`agent.programs.reporting`): facts, records and pictures are data in a human
message; only the product's own prompt is a system message. What fails the checker goes back once with the reasons; what
fails again is replaced by the template's words, and the report says so.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

from pydantic import BaseModel, Field

from agent.report.checker import check_sentence
from agent.report.checker_types import Problem
from agent.report.errors import ReportError
from agent.report.facts import Facts
from agent.report.schema import Advice, Finding, Report, Sentence
from agent.report.support import is_supported

MAX_PICTURES = 6
MAX_SENTENCE_CHARACTERS = 400
MAX_SENTENCES = 12


class DraftSentence(BaseModel):
    """One sentence and its evidence."""

    text: str = Field(max_length=MAX_SENTENCE_CHARACTERS)
    evidence: list[str] = Field(default_factory=list)


class DraftFinding(BaseModel):
    """Sentences about one region."""

    region_id: str
    sentences: list[DraftSentence] = Field(default_factory=list, max_length=MAX_SENTENCES)


class DraftAdvice(BaseModel):
    """A cause, check or action and the record it is taken from."""

    text: str = Field(max_length=MAX_SENTENCE_CHARACTERS)
    record_id: str


class Draft(BaseModel):
    """What the model is asked for."""

    summary: list[DraftSentence] = Field(default_factory=list, max_length=MAX_SENTENCES)
    findings: list[DraftFinding] = Field(default_factory=list)
    causes: list[DraftAdvice] = Field(default_factory=list, max_length=MAX_SENTENCES)
    checks: list[DraftAdvice] = Field(default_factory=list, max_length=MAX_SENTENCES)
    actions: list[DraftAdvice] = Field(default_factory=list, max_length=MAX_SENTENCES)


@dataclass(frozen=True)
class Inputs:
    """What a draft is written from: two JSON texts, and PNG pictures with a caption each."""

    facts: str
    records: str
    captions: tuple[str, ...] = ()
    pictures: tuple[bytes, ...] = ()


def rewrite(report: Report, facts: Facts, model: Any, *, instructions: str | None = None) -> Report:
    """The report in the model's words where they hold, in the template's where they do not.

    A model that cannot be reached, or that twice gives no usable draft, leaves the template's report with a note.

    Args:
        report: as the template wrote it.
        facts: what its sentences may say.
        model: a LangChain chat model.
        instructions: of the writing program; the saved ones where not given.
    """
    from agent.programs.lm import name_of
    from agent.programs.reporting import Writer

    writer = Writer(model, instructions)
    known = inputs_of(report, facts)
    try:
        draft = writer.write(known)
    except ReportError as error:
        return report.model_copy(update={"notes": (*report.notes, f"{error}; the template wrote this report")})
    wrong = find_problems(draft, facts, report.language)
    if wrong:
        draft = _repair(writer, known, draft, wrong, facts, report.language)
    return assemble(report, facts, draft, name_of(model))


def find_problems(draft: Draft, facts: Facts, language: str) -> list[str]:
    """Every problem of a draft, in words that name the sentence."""
    found = []
    for sentence in (*draft.summary, *(one for finding in draft.findings for one in finding.sentences)):
        problems = check_sentence(_sentence(sentence), facts, language=language)
        found += [f"{sentence.text!r}: {problem.kind}: {problem.detail}" for problem in problems]
    for advice in (*draft.causes, *draft.checks, *draft.actions):
        if not _holds(advice, facts):
            found.append(f"{advice.text!r}: the record {advice.record_id!r} does not say that")
    return found


def _repair(writer: Any, known: Inputs, draft: Draft, wrong: Sequence[str], facts: Facts, language: str) -> Draft:
    """One more try, with what was wrong; the first draft stays where the second is no better."""
    listed = "\n".join(f"- {problem}" for problem in wrong)
    try:
        second: Draft = writer.write(known, draft.model_dump_json(), listed)
    except ReportError:
        return draft
    return second if len(find_problems(second, facts, language)) < len(wrong) else draft


def assemble(report: Report, facts: Facts, draft: Draft, name: str) -> Report:
    """The draft's sentences that hold; the template's for the others."""
    summary, replaced = _keep(draft.summary, report.summary, facts, report.language)
    by_region = {finding.region_id: finding.sentences for finding in draft.findings}
    findings: list[Finding] = []
    for finding in report.findings:
        mine = [_cited(one, finding.region.id) for one in by_region.get(finding.region.id, [])]
        kept, number = _keep(mine, finding.sentences, facts, report.language)
        findings.append(finding.model_copy(update={"sentences": kept}))
        replaced += number
    advice, dropped = _advice(report, draft, facts)
    notes = list(report.notes)
    if replaced:
        notes.append(f"{replaced} unsupported sentence(s) of the language model were replaced by the template.")
    if dropped:
        notes.append(f"{dropped} cause(s), check(s) or action(s) without support in their record were left out.")
    versions = report.versions.model_copy(update={"writer": "llm", "model": name})
    changes = {"summary": summary, "findings": tuple(findings), "advice": advice, "notes": tuple(notes)}
    return report.model_copy(update={**changes, "versions": versions, "writer": "llm"})


def _keep(
    draft: Sequence[DraftSentence], fallback: Sequence[Sentence], facts: Facts, language: str
) -> tuple[tuple[Sentence, ...], int]:
    """Sentences that hold. One that does not gives its place to the template's sentence on the same evidence."""
    kept: list[Sentence] = []
    replaced = 0
    unused = list(fallback)
    for one in draft:
        sentence = _sentence(one)
        problems = check_sentence(sentence, facts, language=language)
        if not problems:
            kept.append(sentence)
            continue
        replaced += 1
        other = _instead(sentence, problems, unused)
        if other is not None:
            unused.remove(other)
            reason = "; ".join(f"{problem.kind}: {problem.detail}" for problem in problems)
            kept.append(other.model_copy(update={"replaced": reason}))
    if not any(set(sentence.evidence) & {"verdict"} for sentence in kept):
        # Whatever the model left out, a report says its verdict.
        kept = [*[one for one in unused if "verdict" in one.evidence], *kept]
    return tuple(kept or fallback), replaced


def _instead(sentence: Sentence, problems: Sequence[Problem], unused: Sequence[Sentence]) -> Sentence | None:
    wanted = set(sentence.evidence)
    if any(problem.kind == "verdict" for problem in problems):
        wanted.add("verdict")
    same = [one for one in unused if wanted & set(one.evidence)]
    return next(iter(same or unused), None)


def _advice(report: Report, draft: Draft, facts: Facts) -> tuple[tuple[Advice, ...], int]:
    kinds: tuple[tuple[Literal["cause", "check", "action"], list[DraftAdvice]], ...]
    kinds = (("cause", draft.causes), ("check", draft.checks), ("action", draft.actions))
    kept: list[Advice] = []
    dropped = 0
    for kind, items in kinds:
        good = [item for item in items if _holds(item, facts)]
        dropped += len(items) - len(good)
        regions = {one.record_id: one.region_ids for one in report.advice}
        mine = [
            Advice(
                kind=kind,
                text=item.text,
                record_id=item.record_id,
                region_ids=regions.get(item.record_id, ()),
                written_by="llm",
            )
            for item in good
        ]
        kept += mine or [one for one in report.advice if one.kind == kind]
    return tuple(kept), dropped


def _holds(advice: DraftAdvice, facts: Facts) -> bool:
    citation = facts.citation(advice.record_id)
    return citation is not None and is_supported(advice.text, citation)


def _sentence(draft: DraftSentence) -> Sentence:
    return Sentence(text=" ".join(draft.text.split()), evidence=tuple(draft.evidence), written_by="llm")


def _cited(draft: DraftSentence, region_id: str) -> DraftSentence:
    """A sentence under a finding is about that finding."""
    return (
        draft if region_id in draft.evidence else DraftSentence(text=draft.text, evidence=[*draft.evidence, region_id])
    )


def inputs_of(report: Report, facts: Facts) -> Inputs:
    """What the model is told: facts and records as JSON, then the pictures. Data, all of it."""
    record = facts.record
    known = {
        "language": report.language,
        "part": report.part,
        "verdict": record.verdict,
        "score": record.score,
        "score_threshold": record.score_threshold,
        "reasons": record.reasons,
        "regions": [
            {**finding.region.model_dump(mode="json", exclude={"rle"}), "contrast": finding.contrast}
            for finding in report.findings
        ],
        "confidence": report.confidence.model_dump(mode="json"),
    }
    records = [citation.model_dump(mode="json") for citation in facts.citations]
    shown = [picture for picture in report.pictures if picture.png is not None][:MAX_PICTURES]
    return Inputs(
        facts=json.dumps(known, ensure_ascii=False),
        records=json.dumps(records, ensure_ascii=False),
        captions=tuple(f"{picture.role} {picture.region_id or ''}".strip() for picture in shown),
        pictures=tuple(picture.png for picture in shown if picture.png is not None),
    )
