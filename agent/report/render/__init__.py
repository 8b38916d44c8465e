"""A report as JSON, Markdown, HTML and PDF; and saved with its pictures."""

from agent.report.render.files import load_report, save_report
from agent.report.render.html import to_html
from agent.report.render.markdown import to_markdown
from agent.report.render.pdf import to_pdf

__all__ = ["load_report", "save_report", "to_html", "to_json", "to_markdown", "to_pdf"]

from agent.report.render.files import to_json
