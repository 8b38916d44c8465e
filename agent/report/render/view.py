"""What every renderer shows, once: labels, rows, numbered sources. Nothing here is escaped; each renderer does that."""

from __future__ import annotations

from dataclasses import dataclass

from agent.report.phrases import Phrases, get_phrases
from agent.report.schema import Advice, Citation, Finding, Report, ReportPicture, Sentence

COLOURS = {"ok": "#1b7f4b", "review": "#b26a00", "ng": "#b3261e", "cannot_judge": "#55606b"}
SEVERITY_COLOURS = {"minor": "#2e7d32", "moderate": "#b26a00", "severe": "#d32f2f", "critical": "#880e4f"}


@dataclass(frozen=True)
class Reference:
    """A sentence's evidence as the reader sees it: `#2` or `[1]`, and the anchor it opens."""

    text: str
    anchor: str


@dataclass(frozen=True)
class FindingView:
    """One finding, ready to show."""

    number: int
    finding: Finding
    rows: tuple[tuple[str, str], ...]
    crop: ReportPicture | None
    others: tuple[ReportPicture, ...]
    colour: str


class ReportView:
    """A report with its words."""

    def __init__(self, report: Report) -> None:
        self.report = report
        self.words: Phrases = get_phrases(report.language)
        self.labels = self.words.labels
        self.colour = COLOURS[report.verdict]
        self.verdict = self.words.verdicts[report.verdict]
        self._sources = {citation.record_id: number for number, citation in enumerate(report.citations, start=1)}
        self._findings = {finding.region.id: number for number, finding in enumerate(report.findings, start=1)}

    def number(self, value: float | None) -> str:
        """A score in words of the language; a dash where there is none."""
        return "–" if value is None else self.words.number(value)

    @property
    def overlay(self) -> ReportPicture | None:
        """The photo with its findings."""
        return next((picture for picture in self.report.pictures if picture.role == "overlay"), None)

    @property
    def facts(self) -> tuple[tuple[str, str], ...]:
        """Label and value of the part's own facts."""
        report, labels = self.report, self.labels
        size = report.image_size_px
        rows = [
            (labels["photo"], report.image_name),
            (labels["size"], f"{size[0]} × {size[1]} px" if size else "–"),
            (
                labels["scale"],
                f"{report.mm_per_px:g} {labels['unit_scale']}" if report.mm_per_px else labels["unknown"],
            ),
            (labels["inspected"], when(report.inspected_utc)),
            (labels["created"], when(report.created_utc)),
        ]
        return tuple(rows)

    @property
    def provenance(self) -> tuple[tuple[str, str], ...]:
        """What made the report."""
        made, labels = self.report.versions, self.labels
        rows = [
            (labels["versions"], made.product),
            (labels["detector"], made.detector or "–"),
            (labels["bundle"], made.bundle or "–"),
            (labels["writer"], made.writer if made.model is None else f"{made.writer} ({made.model})"),
            (labels["hash"], self.report.image_sha256 or "–"),
        ]
        return tuple(rows)

    @property
    def findings(self) -> tuple[FindingView, ...]:
        """The findings with their pictures."""
        views = []
        for number, finding in enumerate(self.report.findings, start=1):
            mine = [picture for picture in self.report.pictures if picture.region_id == finding.region.id]
            crop = next((picture for picture in mine if picture.role == "crop"), None)
            others = tuple(picture for picture in mine if picture.role != "crop")
            colour = SEVERITY_COLOURS.get(finding.region.severity, COLOURS["cannot_judge"])
            views.append(FindingView(number, finding, self._rows(finding), crop, others, colour))
        return tuple(views)

    def advice(self, kind: str) -> tuple[Advice, ...]:
        """Causes, checks or actions."""
        return tuple(one for one in self.report.advice if one.kind == kind)

    @property
    def sources(self) -> tuple[tuple[int, Citation], ...]:
        """Citations by number."""
        return tuple((self._sources[citation.record_id], citation) for citation in self.report.citations)

    def source(self, record_id: str) -> Reference:
        """The number of a cited record."""
        return Reference(f"[{self._sources[record_id]}]", f"source-{self._sources[record_id]}")

    def references(self, sentence: Sentence) -> tuple[Reference, ...]:
        """What a sentence stands on, as far as it can be opened."""
        found = []
        for name in sentence.evidence:
            if name in self._findings:
                found.append(Reference(f"#{self._findings[name]}", name))
            elif name in self._sources:
                found.append(self.source(name))
        return tuple(found)

    @property
    def confidence(self) -> tuple[str, ...]:
        """Sentences about what was measured."""
        known, words = self.report.confidence, self.words
        found = []
        if known.good_as_high is not None and known.good_total:
            found.append(words.say("confidence", above=known.good_as_high, total=known.good_total))
        if known.confirmed is not None and known.reviewed:
            found.append(words.say("confirmed", confirmed=known.confirmed, reviewed=known.reviewed))
        if known.promise:
            found.append(known.promise)
        return tuple(found) or (self.labels["not_measured"],)

    def _rows(self, finding: Finding) -> tuple[tuple[str, str], ...]:
        region, words, labels = finding.region, self.words, self.labels
        kind = finding.type_name
        if region.type_confidence is not None:
            kind += f" ({100 * region.type_confidence:.0f} %)"
        return (
            (labels["type"], kind),
            (labels["place"], words.zones.get(region.zone, region.zone)),
            (labels["length"], words.length(region.length_px, region.length_mm)),
            (labels["width"], words.length(region.width_px, region.width_mm)),
            (labels["area"], words.area(region.area_px, region.area_mm2)),
            (labels["severity"], words.severities.get(region.severity, region.severity)),
            (labels["peak"], words.number(region.score_max)),
        )


def when(text: str) -> str:
    """A UTC time to the minute."""
    return f"{text[:10]} {text[11:16]} UTC" if len(text) >= 16 else text or "–"
