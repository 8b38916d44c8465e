"""PDF, A4, with the same content as the HTML page; fpdf2 writes it, no system library is needed."""

from __future__ import annotations

import io
import logging
from typing import Any

from agent.report.errors import ReportInputError
from agent.report.render.fonts import korean_fonts, latin_fonts
from agent.report.render.view import FindingView, ReportView
from agent.report.schema import Report, ReportPicture, Sentence

_INK, _SOFT, _LINE, _ACCENT = (29, 35, 41), (91, 101, 112), (217, 222, 227), (179, 38, 30)
_LEFT, _WIDTH = 16.0, 178.0


def to_pdf(report: Report) -> bytes:
    """The report as a PDF.

    Raises:
        ReportInputError: a Korean report and no Korean font on this machine.
    """
    view = ReportView(report)
    sheet = Sheet(view.labels["page"], korean=report.language == "ko")
    _head(sheet, view)
    _lead(sheet, view)
    _findings(sheet, view)
    _advice(sheet, view)
    _rest(sheet, view)
    return sheet.bytes()


class Sheet:
    """A thin layer over fpdf2: headings, paragraphs, rows and pictures on A4, in millimetres."""

    def __init__(self, page_label: str, *, korean: bool) -> None:
        from fpdf import FPDF

        # fontTools and fpdf2 log each table and each missing glyph.
        for name in ("fontTools", "fpdf"):
            logging.getLogger(name).setLevel(logging.ERROR)

        class _Pdf(FPDF):  # type: ignore[misc]
            def footer(self) -> None:
                self.set_y(-13)
                self.set_font("body", "", 8)
                self.set_text_color(*_SOFT)
                self.cell(0, 6, f"{page_label} {self.page_no()} / {{nb}}", align="R")

        fonts = korean_fonts()
        if korean and fonts is None:
            raise ReportInputError(
                "a Korean PDF needs a Korean font; run `pip install koreanize-matplotlib==0.1.1`, or use HTML"
            )
        self.pdf: Any = _Pdf(format="A4", unit="mm")
        regular, bold = fonts if korean and fonts else latin_fonts()
        self.pdf.add_font("body", "", str(regular))
        self.pdf.add_font("body", "B", str(bold))
        other = latin_fonts() if korean else fonts
        if other is not None:
            self.pdf.add_font("other", "", str(other[0]))
            self.pdf.add_font("other", "B", str(other[1]))
            self.pdf.set_fallback_fonts(["other"], exact_match=False)
        self.pdf.set_margins(_LEFT, 15, 210 - _LEFT - _WIDTH)
        self.pdf.c_margin = 0
        self.pdf.set_auto_page_break(auto=True, margin=18)
        self.pdf.add_page()

    def bytes(self) -> bytes:
        """The finished document."""
        return bytes(self.pdf.output())

    def text(
        self,
        text: str,
        *,
        size: float = 9.5,
        bold: bool = False,
        colour: tuple[int, int, int] = _INK,
        width: float = _WIDTH,
        x: float | None = None,
        gap: float = 1.2,
        align: str = "L",
    ) -> None:
        """A paragraph at the current height; the next one goes below it."""
        self.pdf.set_font("body", "B" if bold else "", size)
        self.pdf.set_text_color(*colour)
        self.pdf.set_x(_LEFT if x is None else x)
        self.pdf.multi_cell(width, size * 0.5, _plain(text), align=align, new_x="LMARGIN", new_y="NEXT")
        self.pdf.set_y(self.pdf.get_y() + gap)

    def heading(self, text: str, *, need: float = 30.0) -> None:
        """A section's heading, never alone at the foot of a page."""
        self.room(need)
        self.pdf.set_y(self.pdf.get_y() + 4)
        self.text(text, size=12, bold=True, gap=1.5)

    def room(self, height: float) -> None:
        """Start a new page where less than this is left."""
        if self.pdf.get_y() + height > 297 - 18:
            self.pdf.add_page()

    def picture(self, picture: ReportPicture, x: float, y: float, width: float, height: float) -> float:
        """A picture inside a box, and its caption; returns the height below both."""
        if picture.png is None:
            return y
        ratio = picture.height_px / picture.width_px
        wide = min(width, height / ratio)
        self.pdf.image(io.BytesIO(picture.png), x=x, y=y, w=wide)
        self.pdf.set_draw_color(*_LINE)
        self.pdf.rect(x, y, wide, wide * ratio)
        self.pdf.set_y(y + wide * ratio + 1)
        self.text(picture.caption, size=7.5, colour=_SOFT, width=width, x=x, gap=0)
        return float(self.pdf.get_y())

    def line(self, y: float, *, x: float = _LEFT, width: float = _WIDTH, colour: tuple[int, int, int] = _LINE) -> None:
        """A thin rule."""
        self.pdf.set_draw_color(*colour)
        self.pdf.set_line_width(0.25)
        self.pdf.line(x, y, x + width, y)

    def box(self, text: str, x: float, y: float, width: float, height: float, colour: str, size: float = 12) -> None:
        """White bold text on a filled box."""
        self.pdf.set_fill_color(*_rgb(colour))
        self.pdf.rect(x, y, width, height, style="F", round_corners=True, corner_radius=1.2)
        self.pdf.set_font("body", "B", size)
        self.pdf.set_text_color(255, 255, 255)
        self.pdf.set_xy(x, y)
        self.pdf.cell(width, height, _plain(text), align="C")

    def pairs(
        self, rows: tuple[tuple[str, str], ...], *, x: float, width: float, label: float, size: float = 8.5
    ) -> None:
        """Label and value, a row each."""
        for name, value in rows:
            top = self.pdf.get_y()
            self.text(name, size=size, colour=_SOFT, width=label, x=x, gap=0)
            below = self.pdf.get_y()
            self.pdf.set_y(top)
            self.text(value, size=size, width=width - label, x=x + label, gap=0)
            self.pdf.set_y(max(below, self.pdf.get_y()) + 0.6)


def _head(sheet: Sheet, view: ReportView) -> None:
    pdf = sheet.pdf
    top = pdf.get_y()
    sheet.text("Red Rabbit", size=10, bold=True, colour=_ACCENT, width=24, gap=0)
    pdf.set_y(top)
    sheet.text(view.labels["report"], size=9, colour=_SOFT, x=_LEFT + 24, width=90, gap=0)
    pdf.set_y(top)
    sheet.text(view.report.report_id, size=9, colour=_SOFT, x=_LEFT + 98, width=80, align="R", gap=0)
    sheet.line(top + 6.5, colour=_INK)
    pdf.set_y(top + 11)
    top = pdf.get_y()
    pdf.set_font("body", "B", 12)
    badge = pdf.get_string_width(_plain(view.verdict)) + 12
    sheet.text(view.report.part, size=17, bold=True, width=_WIDTH - badge - 6, gap=0)
    below = pdf.get_y()
    sheet.box(view.verdict, _LEFT + _WIDTH - badge, top, badge, 9, view.colour)
    pdf.set_y(max(below, top + 9) + 4)


def _lead(sheet: Sheet, view: ReportView) -> None:
    """The picture on the left; gauge, summary and facts on the right."""
    pdf, top = sheet.pdf, sheet.pdf.get_y()
    x, width, below = _LEFT, _WIDTH, top
    if view.overlay is not None and view.overlay.png is not None:
        below = sheet.picture(view.overlay, _LEFT, top, 96, 98)
        x, width = _LEFT + 104, _WIDTH - 104
    pdf.set_y(top)
    _gauge(sheet, view, x, width)
    sheet.text(view.labels["summary"], bold=True, x=x, width=width)
    for sentence in view.report.summary:
        sheet.text(_with_references(view, sentence), x=x, width=width, gap=0.8)
    pdf.set_y(pdf.get_y() + 2)
    sheet.pairs(view.facts, x=x, width=width, label=26)
    pdf.set_y(max(below, pdf.get_y()))


def _gauge(sheet: Sheet, view: ReportView, x: float, width: float) -> None:
    report, pdf = view.report, sheet.pdf
    if report.score is None or report.score < 0 or report.score_threshold <= 0:
        return
    top = pdf.get_y()
    sheet.text(f"{view.labels['score']} {view.number(report.score)}", bold=True, x=x, width=width / 2, gap=0)
    pdf.set_y(top)
    limit = f"{view.labels['threshold']} {view.number(report.score_threshold)}"
    sheet.text(limit, colour=_SOFT, x=x + width / 2, width=width / 2, align="R", gap=0)
    y = top + 6.5
    scale = width / max(1.6 * report.score_threshold, 1.12 * report.score)
    pdf.set_fill_color(227, 232, 236)
    pdf.rect(x, y, width, 3, style="F")
    pdf.set_fill_color(*_rgb(view.colour))
    pdf.rect(x, y, report.score * scale, 3, style="F")
    pdf.set_draw_color(*_INK)
    pdf.set_line_width(0.5)
    pdf.line(x + report.score_threshold * scale, y - 1.3, x + report.score_threshold * scale, y + 4.3)
    pdf.set_y(y + 8)


def _findings(sheet: Sheet, view: ReportView) -> None:
    if not view.findings:
        return
    sheet.heading(view.labels["findings"])
    _table(sheet, view)
    for one in view.findings:
        if one.crop is not None:
            _card(sheet, view, one)


def _table(sheet: Sheet, view: ReportView) -> None:
    pdf = sheet.pdf
    widths = (9.0, 45.0, 27.0, 20.0, 19.0, 20.0, 20.0, 18.0)
    right = (3, 4, 5, 7)
    heads = ["#", *(label for label, _ in view.findings[0].rows)]
    pdf.set_draw_color(*_LINE)
    pdf.set_font("body", "", 8)
    from fpdf.enums import TableBordersLayout
    from fpdf.fonts import FontFace

    pdf.set_fill_color(255, 255, 255)
    aligned = tuple("RIGHT" if number in right else "LEFT" for number in range(len(heads)))
    with pdf.table(
        col_widths=widths,
        text_align=aligned,
        line_height=5,
        borders_layout=TableBordersLayout.HORIZONTAL_LINES,
        cell_fill_mode="NONE",
        headings_style=FontFace(emphasis="", color=_SOFT, fill_color=(255, 255, 255)),
        padding=(1, 2, 1, 0),
        width=_WIDTH,
        align="LEFT",
    ) as table:
        pdf.set_text_color(*_INK)
        for values in (heads, *([str(one.number), *(value for _, value in one.rows)] for one in view.findings)):
            row = table.row()
            for value in values:
                row.cell(_plain(value))
    pdf.set_y(pdf.get_y() + 3)


def _card(sheet: Sheet, view: ReportView, one: FindingView) -> None:
    sheet.room(58)
    pdf, top = sheet.pdf, sheet.pdf.get_y() + 2
    sheet.box(str(one.number), _LEFT, top, 6, 6, one.colour, size=9)
    pdf.set_y(top + 0.8)
    name = one.finding.type_name[:1].upper() + one.finding.type_name[1:]
    sheet.text(name, size=10, bold=True, x=_LEFT + 8, width=56, gap=1)
    for sentence in one.finding.sentences:
        sheet.text(
            sentence.text + (f" ({view.labels['replaced']})" if sentence.replaced else ""), size=8.5, width=62, gap=0.5
        )
    sheet.text(one.finding.region.id, size=7, colour=_SOFT, width=62, gap=0)
    below = pdf.get_y()
    x = _LEFT + 67
    for picture in [picture for picture in (one.crop, *one.others) if picture is not None][:3]:
        below = max(below, sheet.picture(picture, x, top, 35, 35))
        x += 37.5
    sheet.line(below + 2)
    pdf.set_y(below + 2)


def _advice(sheet: Sheet, view: ReportView) -> None:
    if not view.findings:
        return
    sheet.heading(view.labels["advice"])
    if not view.report.advice:
        sheet.text(view.labels["no_advice"], colour=_SOFT)
        return
    if view.labels["advice_language"]:
        sheet.text(view.labels["advice_language"], size=8, colour=_SOFT)
    for kind, label in (("cause", "causes"), ("check", "checks"), ("action", "actions")):
        items = view.advice(kind)
        if items:
            sheet.room(16)
            sheet.text(view.labels[label], bold=True, gap=0.6)
        for item in items:
            top = sheet.pdf.get_y()
            sheet.text("•", x=_LEFT + 1, width=4, size=9, gap=0)
            sheet.pdf.set_y(top)
            text = f"{item.text} {view.source(item.record_id).text}"
            sheet.text(text, x=_LEFT + 5, width=_WIDTH - 5, size=9, gap=0.4)
        sheet.pdf.set_y(sheet.pdf.get_y() + 1.5)


def _rest(sheet: Sheet, view: ReportView) -> None:
    """Confidence, sources, notes, release, provenance."""
    sheet.heading(view.labels["confidence"], need=20)
    for text in view.confidence:
        sheet.text(text)
    if view.sources:
        sheet.heading(view.labels["sources"], need=20)
        for number, citation in view.sources:
            standards = f" {view.labels['standards']}: {', '.join(citation.standards)}." if citation.standards else ""
            where = f"{citation.record_id}, {citation.source}"
            sheet.text(f"[{number}] {citation.title}. {where}.{standards}", size=8.5, gap=0.6)
            if citation.kind == "document":
                sheet.text(f"“{citation.text}”", size=8, colour=_SOFT, x=_LEFT + 6, width=_WIDTH - 6)
    if view.report.notes:
        sheet.heading(view.labels["notes"], need=20)
        for note in view.report.notes:
            sheet.text(note, size=8.5)
    sheet.room(52)
    top = sheet.pdf.get_y() + 20
    for number, name in enumerate(("decision", "inspector", "date", "sign")):
        x = _LEFT + number * 45.5
        sheet.line(top, x=x, width=41, colour=_INK)
        sheet.pdf.set_y(top + 1)
        sheet.text(view.labels[name], size=8, colour=_SOFT, x=x, width=41, gap=0)
    sheet.pdf.set_y(top + 12)
    sheet.pairs(view.provenance, x=_LEFT, width=_WIDTH, label=34, size=7.5)


def _with_references(view: ReportView, sentence: Sentence) -> str:
    references = " ".join(reference.text for reference in view.references(sentence))
    mark = f" ({view.labels['replaced']})" if sentence.replaced else ""
    return f"{sentence.text} {references}{mark}".strip()


def _plain(text: str) -> str:
    """One paragraph without characters that a PDF cannot hold."""
    return "".join(letter for letter in text if letter == "\n" or letter.isprintable())


def _rgb(colour: str) -> tuple[int, int, int]:
    return int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16)
