"""HTML that needs nothing else: pictures and style inside, no script, every text escaped."""

from __future__ import annotations

import base64
from functools import lru_cache
from pathlib import Path
from typing import Any

from agent.report.render.view import ReportView
from agent.report.schema import Report, ReportPicture

_FOLDER = Path(__file__).parent


def to_html(report: Report) -> str:
    """The report as one HTML page."""
    view = ReportView(report)
    return render("report.html", view=view, report=report, labels=view.labels, gauge=_gauge(view))


def render(template: str, **values: Any) -> str:
    """One of this folder's templates, autoescaped."""
    text = _environment().get_template(template).render(style=(_FOLDER / "style.css").read_text("utf-8"), **values)
    return str(text)


def data_url(picture: ReportPicture) -> str:
    """A picture's bytes as an address that needs no file; empty where there are none."""
    return "" if picture.png is None else f"data:image/png;base64,{base64.b64encode(picture.png).decode()}"


@lru_cache(maxsize=1)
def _environment() -> Any:
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    environment = Environment(
        loader=FileSystemLoader(str(_FOLDER)), autoescape=True, undefined=StrictUndefined, trim_blocks=True
    )
    environment.filters["data_url"] = data_url
    return environment


def _gauge(view: ReportView) -> dict[str, float] | None:
    """The score on a bar: positions in per cent of its width."""
    report = view.report
    if report.score is None or report.score_threshold <= 0 or report.score < 0:
        return None
    top = max(1.6 * report.score_threshold, 1.12 * report.score)
    places = {"score": 100 * report.score / top, "threshold": 100 * report.score_threshold / top}
    if report.score_review is not None and 0 < report.score_review < report.score_threshold:
        places["review"] = 100 * report.score_review / top
    return {name: round(place, 2) for name, place in places.items()}
