"""From an inspection to a report: measure, retrieve, write, check.

`write_report` is the one entry. The `template` writer needs nothing; the `llm` writer takes any LangChain chat model,
and what it writes is checked sentence by sentence before it reaches a report.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING, Any, get_args

import numpy as np

from agent.report import pictures, template
from agent.report.advice import advise
from agent.report.errors import ReportInputError
from agent.report.facts import Facts
from agent.report.measure import contrast, region_mask
from agent.report.phrases import Phrases, get_phrases
from agent.report.schema import (
    Advice,
    Citation,
    Confidence,
    Finding,
    Language,
    Neighbour,
    Report,
    ReportPicture,
    Versions,
)
from tools.detection.records import InspectionRecord
from tools.detection.regions import UNKNOWN_TYPE
from tools.vision.types import RgbImage

if TYPE_CHECKING:
    from knowledge.index import KnowledgeIndex
    from knowledge.visual import VisualIndex

WRITERS = ("template", "llm")
MAX_NAME_CHARACTERS = 120


@dataclass(frozen=True)
class Context:
    """What is known beside the inspection itself; everything may be missing."""

    part: str | None = None
    """The part's name; the photo's name if not given."""
    material: str | None = None
    family: str | None = None
    """Of the knowledge records: `metal`, `casting`, `pcb` …"""
    category: str | None = None
    """Of the visual examples."""
    good_scores: Sequence[float] = ()
    """Scores of held-out good parts, from the bundle's calibration."""
    promise: str = ""
    """The calibration's own words about its false alarms."""
    confirmed: tuple[int, int] | None = None
    """Of how many reviewed parts with this verdict operators confirmed how many: (confirmed, reviewed)."""
    history: tuple[str, ...] = ()
    """Computed sentences about earlier parts."""
    type_source: str = "detector"


def write_report(
    record: InspectionRecord,
    image: RgbImage | None,
    *,
    writer: str = "template",
    language: str = "en",
    index: KnowledgeIndex | None = None,
    visual: VisualIndex | None = None,
    model: Any = None,
    context: Context | None = None,
    now: datetime | None = None,
) -> Report:
    """Write one part's report.

    Args:
        record: of the inspection.
        image: the photo, `uint8` H x W x 3; None where it could not be read.
        writer: `template` (the same record gives the same words) or `llm`.
        language: `en`, `de` or `ko`.
        index: knowledge for causes and actions; without one the report gives none.
        visual: known pictures for comparison.
        model: a LangChain chat model, for `llm`.
        context: part name, material, calibration, reviews.
        now: when; the current time if not given.

    Raises:
        ReportInputError: an unknown writer or language, `llm` without a model, a photo of another size.
    """
    if writer not in WRITERS:
        raise ReportInputError(f"no report writer {writer!r}; use {' or '.join(WRITERS)}")
    if writer == "llm" and model is None:
        raise ReportInputError("the llm writer needs a chat model; set REDRABBIT_MODEL or use the template writer")
    if image is not None and record.width_px and image.shape[:2] != (record.height_px, record.width_px):
        found, wanted = f"{image.shape[1]} x {image.shape[0]}", f"{record.width_px} x {record.height_px}"
        raise ReportInputError(f"the photo is {found} px, the inspected one {wanted} px; pass the inspected photo")
    words = get_phrases(language)
    report, facts = _facts_and_frame(record, image, words, index, visual, context or Context(), now)
    if writer == "llm":
        from agent.report.llm import rewrite

        report = rewrite(report, facts, model)
    return report


def _facts_and_frame(
    record: InspectionRecord,
    image: RgbImage | None,
    words: Phrases,
    index: KnowledgeIndex | None,
    visual: VisualIndex | None,
    context: Context,
    now: datetime | None,
) -> tuple[Report, Facts]:
    """The report as the template writes it, and what its sentences may say."""
    part = _part_name(record, context)
    masks = {} if image is None else {r.id: region_mask(record, r, image.shape[:2]) for r in record.regions}
    contrasts = {name: contrast(image, mask) for name, mask in masks.items()} if image is not None else {}
    measured = {name: value for name, value in contrasts.items() if value is not None}
    names = (part, Path(record.input).name, Path(record.input).stem)
    confidence = _confidence(record, context)
    facts = Facts(record, confidence=confidence, contrasts=measured, names=names, history=context.history)
    advice: tuple[Advice, ...] = ()
    citations: tuple[Citation, ...] = ()
    if index is not None and record.regions:
        advice, citations = advise(facts, index, part=part, material=context.material, family=context.family)
        facts = Facts(record, citations, confidence, measured, names, context.history)
    findings = []
    for region in record.regions:
        source = "nothing" if region.type == UNKNOWN_TYPE else context.type_source
        finding = Finding(
            region=region, type_name=words.type_name(region.type), type_source=source, contrast=measured.get(region.id)
        )
        findings.append(finding.model_copy(update={"sentences": template.finding_sentences(finding, words)}))
    shown, neighbours = _pictures(record, image, masks, visual, words, context)
    report = Report(
        report_id=_report_id(record),
        part=part,
        image_name=Path(record.input).name,
        image_sha256=record.input_sha256,
        image_size_px=(record.width_px, record.height_px) if record.width_px and record.height_px else None,
        mm_per_px=record.mm_per_px,
        inspected_utc=record.time_utc,
        created_utc=(now or datetime.now(UTC)).isoformat(timespec="seconds"),
        language=_language(words.language),
        verdict=record.verdict,
        score=record.score,
        score_threshold=record.score_threshold,
        score_review=record.score_review,
        reasons=record.reasons,
        summary=template.summary(facts, part, words),
        findings=tuple(findings),
        advice=advice,
        citations=citations,
        neighbours=tuple(neighbours),
        confidence=confidence,
        pictures=tuple(shown),
        versions=Versions(product=_version(), detector=record.detector, bundle=record.bundle),
        notes=() if record.error is None else (record.error,),
    )
    return report, facts


def _pictures(
    record: InspectionRecord,
    image: RgbImage | None,
    masks: dict[str, Any],
    visual: VisualIndex | None,
    words: Phrases,
    context: Context,
) -> tuple[list[ReportPicture], list[Neighbour]]:
    """Overlay, close-ups and what they are compared with."""
    if image is None:
        return [], []
    union = np.any(list(masks.values()), axis=0) if masks else None
    shown = [pictures.picture("overlay", pictures.overlay(image, record.regions, union), words.labels["overlay"])]
    neighbours: list[Neighbour] = []
    for region in record.regions[: pictures.MAX_CROPS]:
        crop = pictures.close_up(image, region.bbox_xyxy, outlined=masks[region.id])
        shown.append(pictures.picture("crop", crop, words.labels["crop"], region.id))
        if visual is not None:
            from agent.report.neighbours import compare

            more, known = compare(image, region, visual, words, context.category)
            shown += more
            neighbours += known
    return shown, neighbours


def _confidence(record: InspectionRecord, context: Context) -> Confidence:
    values: dict[str, Any] = {"promise": context.promise, "guarantee_met": record.guarantee_met}
    if context.good_scores and record.score is not None:
        above = sum(score >= record.score for score in context.good_scores)
        total = len(context.good_scores)
        values |= {"good_as_high": above, "good_total": total, "good_share_bound": (above + 1) / (total + 1)}
    if context.confirmed is not None:
        values |= {"confirmed": context.confirmed[0], "reviewed": context.confirmed[1]}
    return Confidence(**values)


def _part_name(record: InspectionRecord, context: Context) -> str:
    """One line, of a length that fits a heading; without characters that cannot be seen."""
    name = " ".join((context.part or Path(record.input).stem).split())
    name = "".join(letter for letter in name if letter.isprintable())
    return (name[: MAX_NAME_CHARACTERS - 1] + "…" if len(name) > MAX_NAME_CHARACTERS else name) or "part"


def _report_id(record: InspectionRecord) -> str:
    regions = ",".join(region.id for region in record.regions)
    text = f"{record.input_sha256 or record.input}|{record.bundle}|{record.verdict}|{record.score}|{regions}"
    return f"rep-{hashlib.sha256(text.encode()).hexdigest()[:12]}"


def _language(name: str) -> Language:
    return next(language for language in get_args(Language) if language == name)


def _version() -> str:
    try:
        return f"red-rabbit {version('red-rabbit')}"
    except PackageNotFoundError:
        return "red-rabbit"
