"""The Library: parts and defect types as a matrix, and what was made, as HTML."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Sequence
from html import escape
from pathlib import Path

from agent.chat.noting import note
from agent.chat.pictures import Link
from agent.store.detectors import DetectorRow
from agent.store.library import Cell
from agent.store.repository import Store
from tools.blueprint.registry import DEFECT_TYPES
from tools.vision.images import write_atomic

RECENT = 12
NO_PART = "any part"
MAX_PART = 200
LEGEND = """<p class="rr-legend"><span><i class="rr-l1"></i>Blueprint there; the number is how many images</span>
<span><i></i>missing: + begins one, ✕ marks it impossible</span><span><i class="rr-l3"></i>marked impossible</span>
<span>a90/95: the size from which on the detector finds it</span></p>"""
EMPTY = """<section class="rr-stage rr-empty" aria-label="Library"><header><h2>Nothing here yet</h2></header>
<ol class="rr-steps">
<li><b>Sculpt a defect.</b> Each defect type on each part becomes a cell of a table here, with its images.</li>
<li><b>See what is missing.</b> An empty cell begins that defect with one click; one that cannot happen is marked
impossible.</li>
<li><b>Find everything again.</b> Data sets, detectors, reports and earlier conversations are listed below the table.
</li></ol></section>"""


class Library:
    """The Library of one store: shows it, and keeps which combinations were marked impossible."""

    def __init__(self, store: Store, link: Link, data_dir: Path) -> None:
        """Marks lie in `library.json` of the data folder."""
        self._store = store
        self._link = link
        self._file = data_dir / "library.json"

    def html(self) -> str:
        """The place as HTML."""
        return library_html(self._store, self._link, self.impossible())

    def mark(self, which: str) -> str:
        """Mark a combination (`part|defect type`) impossible, or take the mark back; the place as HTML."""
        part, _, defect_type = str(which or "").rpartition("|")
        if defect_type in DEFECT_TYPES and len(part) <= MAX_PART:
            marks = self.impossible() ^ {(part, defect_type)}
            document = [list(mark) for mark in sorted(marks)]
            write_atomic(self._file, json.dumps({"impossible": document}, indent=1).encode())
            note(self._store, "MARK", f"/library/{part}/{defect_type}")
        return self.html()

    def impossible(self) -> frozenset[tuple[str, str]]:
        """Part (empty for any) and defect type that cannot be together."""
        try:
            found = json.loads(self._file.read_text(encoding="utf-8"))["impossible"]
            return frozenset((str(part), str(defect_type)) for part, defect_type in found)
        except (OSError, ValueError, KeyError, TypeError):
            return frozenset()


def library_html(store: Store, link: Link, impossible: Collection[tuple[str, str]] = ()) -> str:
    """Everything that the store holds, newest first."""
    cells = store.library()
    detectors = store.list_detectors(limit=200)
    sections = [
        _list(
            "Data sets",
            (
                (_words(row.name), f"{row.n_images} images", link(Path(row.path)), row.created_at.date())
                for row in store.list_datasets(limit=RECENT)
            ),
        ),
        _list(
            "Detectors",
            (
                (
                    _words(row.name),
                    f"threshold {row.score_threshold:.3g}" if row.score_threshold else "",
                    link(Path(row.path)),
                    row.created_at.date(),
                )
                for row in detectors[:RECENT]
            ),
        ),
        _list(
            "Reports",
            (
                (
                    str(row.document.get("part", "report")),
                    str(row.document.get("verdict", "")).upper(),
                    link(Path(row.path) / "report.html") if row.path else None,
                    row.created_at.date(),
                )
                for row in store.list_reports(limit=RECENT)
            ),
        ),
        _conversations(store),
    ]
    body = "".join([matrix_html(cells, detectors, impossible), *sections])
    return f'<div class="rr-library">{body}</div>' if body else EMPTY


def matrix_html(
    cells: Iterable[Cell], detectors: Sequence[DetectorRow] = (), impossible: Collection[tuple[str, str]] = ()
) -> str:
    """Parts down, defect types across, the part's newest detector at the end.

    A click opens the conversation, or begins one about what is missing; the small cross marks a combination impossible.
    """
    found = {(cell.part, cell.defect_type): cell for cell in cells}
    if not found:
        return ""
    types = list(dict.fromkeys([*DEFECT_TYPES, *(name for _, name in found)]))
    parts = sorted({part for part, _ in found}, key=lambda part: (part is None, part or ""))
    newest = {part: next((row for row in detectors if (row.part or None) == part), None) for part in parts}
    head = "".join(f'<th scope="col"><span>{escape(_words(name))}</span></th>' for name in types)
    rows = "".join(
        f'<tr><th scope="row">{escape(part or NO_PART)}</th>'
        + "".join(_cell(part, name, found.get((part, name)), _pod(newest[part], name), impossible) for name in types)
        + f'<td class="rr-dets">{_detector(newest[part])}</td></tr>'
        for part in parts
    )
    return (
        '<section class="rr-card" aria-label="Parts and defect types"><header><h2>Parts × defect types</h2></header>'
        f'<div class="rr-scroll" tabindex="0"><table class="rr-matrix"><thead><tr><td></td>{head}'
        '<th scope="col"><span>detector</span></th></tr></thead>'
        f"<tbody>{rows}</tbody></table></div>{LEGEND}</section>"
    )


def _cell(
    part: str | None, defect_type: str, cell: Cell | None, pod: str, impossible: Collection[tuple[str, str]]
) -> str:
    words, where = _words(defect_type), escape(part or NO_PART)
    key = escape(f"{part or ''}|{defect_type}")
    if cell is None and (part or "", defect_type) in impossible:
        label = f"{words} on {where}: marked impossible. Take the mark back"
        return (
            f'<td class="rr-never"><button type="button" data-mark="{key}" title="{label}" aria-label="{label}">'
            "</button></td>"
        )
    if cell is None:
        text = escape(f"A {words} on the {part}" if part else f"A {words}")
        mark = f"Mark impossible: {words} on {where}"
        return (
            f'<td><button type="button" data-say="{text}" aria-label="Begin: {words} on {where}">+</button>'
            f'<button type="button" class="rr-mark" data-mark="{key}" title="{mark}" aria-label="{mark}">✕</button>'
            "</td>"
        )
    shown = str(cell.images) if cell.images else "✓"
    title = f"{words} on {where}: Blueprint version {cell.versions}, {cell.images} images in {cell.datasets} data sets"
    small = f"<small>{escape(pod)}</small>" if pod else ""
    title += f"; {escape(pod)}" if pod else ""
    opens = f' data-conversation="{escape(cell.conversation_id)}"' if cell.conversation_id else " disabled"
    return (
        f'<td class="rr-there"><button type="button"{opens} title="{title}" aria-label="{title}">{shown}{small}'
        "</button></td>"
    )


def _detector(row: DetectorRow | None) -> str:
    """The newest detector of a part, in two lines."""
    if row is None:
        return "<small>none yet</small>"
    promise = "promise kept" if row.facts.get("guarantee_met") else "needs more good photos"
    return f"{escape(row.kind)}<br><small>{row.n_good} good photos · {promise}</small>"


def _pod(row: DetectorRow | None, defect_type: str) -> str:
    """From which size on a defect is found, where `redrabbit bundle pod` measured it into the bundle's folder."""
    if row is None:
        return ""
    try:
        curves = json.loads((Path(row.path) / "pod.json").read_text(encoding="utf-8"))["curves"]
        one = next(curve for curve in curves if curve["defect_type"] == defect_type and curve.get("a90_95"))
        return f"a90/95 {float(one['a90_95']):.2g} {one['unit']}"
    except (OSError, ValueError, KeyError, TypeError, StopIteration):
        return ""


def _conversations(store: Store) -> str:
    items = "".join(
        f'<li><button type="button" data-conversation="{escape(row.id)}"><b>{escape(row.title or "untitled")}</b>'
        f"<span>{row.updated_at:%Y-%m-%d %H:%M} UTC</span></button></li>"
        for row in store.list_conversations(limit=RECENT)
    )
    return _section("Conversations", items)


def _list(title: str, rows: Iterable[tuple[str, str, str | None, object]]) -> str:
    items = "".join(
        f'<li><a href="{url}" target="_blank" rel="noopener"><b>{escape(name)}</b>'
        f"<span>{escape(facts)} · {day}</span></a></li>"
        for name, facts, url, day in rows
        if url
    )
    return _section(title, items)


def _section(title: str, items: str) -> str:
    if not items:
        return ""
    head = f'<section class="rr-card rr-downloads" aria-label="{title}"><h2>{title}</h2>'
    return f"{head}<ul>{items}</ul></section>"


def _words(name: str) -> str:
    return name.replace("_", " ")
