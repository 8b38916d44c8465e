"""Markdown for tickets and wikis; every text that came from outside is escaped."""

from __future__ import annotations

import re

from agent.report.render.view import ReportView
from agent.report.schema import Report, ReportPicture, Sentence

_SPECIAL = re.compile(r"([\\`*_{}\[\]()#+!|~<>&])")


def escape(text: str) -> str:
    """Text that Markdown shows as it stands: one line, no markup, no HTML, no link."""
    plain = _SPECIAL.sub(r"\\\1", " ".join(text.split()))
    plain = re.sub(r"^(\d+)([.)])", r"\1\\\2", re.sub(r"^([-=])", r"\\\1", plain))
    return re.sub(r"(?i)\b(https?|ftp|mailto|www)(?=[:.])", "\\1\u200b", plain)


def to_markdown(report: Report, *, pictures: str = "pictures") -> str:
    """The report as Markdown; `pictures` is the folder of its picture files beside it."""
    view = ReportView(report)
    labels = view.labels
    lines = [f"# {labels['report']}: {escape(report.part)}", "", f"**{labels['verdict']}: {view.verdict}**", ""]
    lines += [*_sentences(report.summary, view), ""]
    if view.overlay:
        lines += [_picture(view.overlay, pictures), ""]
    lines += [*(f"- {label}: {escape(value)}" for label, value in view.facts), ""]
    lines += _findings(view, pictures)
    lines += _advice(view)
    lines += [f"## {labels['confidence']}", "", *(f"- {escape(text)}" for text in view.confidence), ""]
    if view.sources:
        lines += [f"## {labels['sources']}", ""]
        for number, citation in view.sources:
            standards = (
                f" {labels['standards']}: {escape(', '.join(citation.standards))}." if citation.standards else ""
            )
            lines.append(f"- \\[{number}\\] {escape(citation.title)} ({escape(citation.source)}).{standards}")
            if citation.kind == "document":
                lines.append(f"  > {escape(citation.text)}")
        lines.append("")
    if report.notes:
        lines += [f"## {labels['notes']}", "", *(f"- {escape(note)}" for note in report.notes), ""]
    signed = " | ".join(labels[name] for name in ("decision", "inspector", "date", "sign"))
    lines += [f"## {labels['signature']}", "", f"| {signed} |", "|---|---|---|---|", "|   |   |   |   |", ""]
    lines += [*(f"- {label}: {escape(value)}" for label, value in view.provenance), ""]
    return "\n".join(lines)


def _findings(view: ReportView, pictures: str) -> list[str]:
    if not view.findings:
        return []
    heads = ["#", *(label for label, _ in view.findings[0].rows)]
    lines = [f"## {view.labels['findings']}", "", f"| {' | '.join(heads)} |", f"|{'---|' * len(heads)}"]
    for one in view.findings:
        lines.append(f"| {one.number} | {' | '.join(escape(value) for _, value in one.rows)} |")
    lines.append("")
    for one in view.findings:
        lines += [
            f"### {one.number}. {escape(one.finding.type_name)}",
            "",
            *_sentences(one.finding.sentences, view),
            "",
        ]
        shown = [picture for picture in (one.crop, *one.others) if picture is not None]
        lines += [*(_picture(picture, pictures) for picture in shown), ""] if shown else []
    return lines


def _advice(view: ReportView) -> list[str]:
    if not view.findings:
        return []
    lines = [f"## {view.labels['advice']}", ""]
    if not view.report.advice:
        return [*lines, view.labels["no_advice"], ""]
    for kind, label in (("cause", "causes"), ("check", "checks"), ("action", "actions")):
        items = view.advice(kind)
        if items:
            lines += [f"**{view.labels[label]}**", ""]
            lines += [f"- {escape(item.text)} {escape(view.source(item.record_id).text)}" for item in items]
            lines.append("")
    return lines


def _sentences(sentences: tuple[Sentence, ...], view: ReportView) -> list[str]:
    lines = []
    for sentence in sentences:
        references = " ".join(escape(reference.text) for reference in view.references(sentence))
        mark = f" ({view.labels['replaced']})" if sentence.replaced else ""
        lines.append(f"- {escape(sentence.text)}{' ' + references if references else ''}{mark}")
    return lines


def _picture(picture: ReportPicture, folder: str) -> str:
    return f"![{escape(picture.caption)}]({folder}/{picture.file})" if picture.file else ""
