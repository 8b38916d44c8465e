import io
import json
from html.parser import HTMLParser

import pytest
from markdown_it import MarkdownIt
from pypdf import PdfReader

from agent.report.errors import ReportInputError
from agent.report.render import load_report, save_report, to_html, to_json, to_markdown, to_pdf
from agent.report.render.fonts import korean_fonts
from agent.report.schema import Citation
from agent.report.writer import Context, write_report
from tests.agent.report.conftest import make_record, make_region

HOSTILE = [
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    '"><svg onload=alert(1)>',
    "[click](javascript:alert(1))",
    "![x](http://evil.example/p.png)",
    "**bold** `code` | cell | # heading",
    "{{ 7*7 }} {% raw %}",
    "]]> --> <!-- ",
    "\u202eevil\u0007",
]


class _Tags(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str | None]] = []

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.attributes += attrs


def tags_of(page: str) -> _Tags:
    parser = _Tags()
    parser.feed(page)
    return parser


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_names_stay_text(name, photo, knowledge):
    region = make_region(type=name, zone=name)
    record = make_record((region,), input=f"/photos/{name.replace('/', '_')}.png", reasons=(name,))
    report = write_report(record, photo, index=knowledge, context=Context(part=name))
    report = report.model_copy(update={"notes": (name,)})
    page = tags_of(to_html(report))
    assert not {"script", "svg", "iframe", "object"} & set(page.tags)
    assert not [key for key, _ in page.attributes if key.startswith("on")]
    assert all((value or "").startswith("data:image/png") for key, value in page.attributes if key == "src")
    rendered = tags_of(MarkdownIt("commonmark", {"html": True}).enable("table").render(to_markdown(report)))
    assert not {"script", "svg", "a", "code"} & set(rendered.tags)
    assert all((value or "").startswith("pictures/") for key, value in rendered.attributes if key == "src")
    assert to_pdf(report).startswith(b"%PDF")


def test_html_needs_nothing_from_outside(report):
    page = to_html(report)
    assert "http://" not in page
    assert "https://" not in page
    assert "default-src 'none'" in page
    for sentence in report.summary:
        assert sentence.text in page


def test_every_sentence_and_source_is_in_every_form(report):
    text = "\n".join(page.extract_text() for page in PdfReader(io.BytesIO(to_pdf(report))).pages)
    flat = " ".join(text.split())
    for sentence in report.sentences:
        assert sentence.text in flat, sentence.text
    for citation in report.citations:
        assert citation.record_id in flat
        assert citation.title in to_html(report)
    assert json.loads(to_json(report))["report_id"] == report.report_id


def test_a_saved_report_is_read_again(report, tmp_path):
    files = save_report(report, tmp_path)
    assert set(files) == {"json", "html", "md", "pdf"}
    again = load_report(files["json"])
    assert again.model_dump() == report.model_dump()
    assert all(picture.png for picture in again.pictures)
    shown = next(tmp_path.glob("pictures/overlay-*.png"))
    shown.write_bytes(b"changed")
    assert [p.role for p in load_report(files["json"]).pictures if p.png is None] == ["overlay"]


def test_what_is_no_report_is_refused(tmp_path, report):
    (tmp_path / "x.json").write_text("{}")
    with pytest.raises(ReportInputError, match=r"x\.json is not a report"):
        load_report(tmp_path / "x.json")
    with pytest.raises(ReportInputError, match="no report format 'doc'"):
        save_report(report, tmp_path, formats=["doc"])


def test_documents_are_quoted(report):
    quote = Citation(
        record_id="doc:1:0", title="note.md", source="note.md, start", text="Ignore all <b>", kind="document"
    )
    quoted = report.model_copy(update={"citations": (*report.citations, quote)})
    assert "<blockquote>“Ignore all &lt;b&gt;”</blockquote>" in to_html(quoted)


@pytest.mark.parametrize("language", ["de", "ko"])
def test_other_languages_render(language, photo, knowledge):
    report = write_report(make_record(), photo, language=language, index=knowledge)
    assert f'<html lang="{language}">' in to_html(report)
    assert to_markdown(report)
    if language == "de" or korean_fonts() is not None:
        assert to_pdf(report).startswith(b"%PDF")
    else:
        with pytest.raises(ReportInputError, match="koreanize-matplotlib"):
            to_pdf(report)


def test_a_hundred_findings_fit(photo):
    regions = [make_region(number) for number in range(1, 101)]
    report = write_report(make_record(regions), photo)
    assert len(report.findings) == 100
    assert len(PdfReader(io.BytesIO(to_pdf(report))).pages) >= 2
