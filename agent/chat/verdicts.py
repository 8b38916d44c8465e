"""Inspections as HTML: the photo with what was found, the verdict, the score beside its threshold, the regions."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from pathlib import Path
from typing import Any

from agent.chat.pictures import Link
from agent.store.inspections import InspectionRow

VERDICTS = {"ok": "OK", "review": "Review", "ng": "NG", "cannot_judge": "Cannot judge"}
MAX_REGIONS = 6


def verdicts_html(rows: Sequence[InspectionRow], link: Link) -> str:
    """A card for each photo, the worst first."""
    order = {name: number for number, name in enumerate(("ng", "review", "cannot_judge", "ok"))}
    ranked = sorted(rows, key=lambda row: (order.get(row.verdict, 9), -(row.score or 0.0)))
    return f'{_counts(ranked)}<div class="rr-verdicts">{"".join(_card(row, link) for row in ranked)}</div>'


def _counts(rows: Sequence[InspectionRow]) -> str:
    """How many of each verdict, in one line."""
    found = {name: sum(row.verdict == name for row in rows) for name in VERDICTS}
    words = "".join(
        f'<span class="rr-verdict rr-v-{name}">{found[name]} {label}</span>'
        for name, label in VERDICTS.items()
        if found[name]
    )
    many = "1 photo" if len(rows) == 1 else f"{len(rows)} photos"
    return f'<p class="rr-counts"><b>{many}</b>{words}</p>'


def _card(row: InspectionRow, link: Link) -> str:
    source = next((url for path in (row.overlay_path, row.input) if path and (url := link(Path(path)))), None)
    name = escape(Path(row.input).name)
    image = f'<div class="rr-layers"><img class="rr-photo" src="{source}" alt="{name}"></div>' if source else ""
    reasons = row.record.get("reasons") or [row.record.get("error") or ""]
    words = f"<p>{escape(str(reasons[0]))}</p>" if reasons and reasons[0] else ""
    return (
        f'<section class="rr-card rr-verdict-card rr-is-{escape(row.verdict)}" aria-label="{name}">'
        f'<figure class="rr-figure" tabindex="0">{image}</figure>'
        f'<div><header><h2>{name}</h2><span class="rr-verdict rr-v-{escape(row.verdict)}">'
        f"{VERDICTS.get(row.verdict, escape(row.verdict))}</span></header>{_gauge(row)}{words}{_regions(row)}</div>"
        "</section>"
    )


def _gauge(row: InspectionRow) -> str:
    """The score on a scale whose middle is the threshold."""
    if row.score is None or not row.score_threshold:
        return ""
    share = min(max(row.score / (2 * row.score_threshold), 0.0), 1.0)
    text = f"score {row.score:.3g}, threshold {row.score_threshold:.3g}"
    return (
        f'<div class="rr-gauge" role="img" aria-label="{text}"><i style="left:{100 * share:.1f}%"></i></div>'
        f'<p class="rr-note">{text}</p>'
    )


def _regions(row: InspectionRow) -> str:
    regions: list[dict[str, Any]] = row.record.get("regions") or []
    if not regions:
        return ""
    lines = "".join(
        f"<tr><td>{escape(str(each.get('type') or 'unknown')).replace('_', ' ')}</td>"
        f"<td>{escape(str(each.get('zone') or '')).replace('_', ' ')}</td>"
        f"<td>{each.get('area_px', 0)} px</td><td>{escape(str(each.get('severity') or ''))}</td></tr>"
        for each in regions[:MAX_REGIONS]
    )
    more = f'<p class="rr-note">and {len(regions) - MAX_REGIONS} more</p>' if len(regions) > MAX_REGIONS else ""
    head = "<tr><th>Type</th><th>Place</th><th>Area</th><th>Severity</th></tr>"
    return f'<table class="rr-regions"><thead>{head}</thead><tbody>{lines}</tbody></table>{more}'
