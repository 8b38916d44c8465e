"""The results table: `evals/results/*.json` (what `eval run --json` wrote) → `evals/RESULTS.md`.

Each evaluation gets its command, seed, commit, machine and time, and its figures as a flat table. Nothing is typed by
hand: `redrabbit eval results` writes the page again from the files.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tools.vision.images import write_atomic

FOLDER = Path(__file__).parent / "results"
PAGE = Path(__file__).parent / "RESULTS.md"
ENVELOPE = ("name", "seed", "quick", "command", "commit", "machine", "seconds")
ROWS = 60
"""Figures shown an evaluation; the rest is in its JSON file."""
MOST_IN_A_ROW = 12
"""Longer lists of numbers are in the JSON file only."""
HEAD = """# Results

Written by `redrabbit eval results` from the files in `evals/results/`; each figure is measured by the command above its
table. Intervals are 95 % bootstrap intervals. A `+` behind a commit means that the tree differed from it.
"""


def _leaves(value: Any, path: str = "") -> Iterator[tuple[str, str]]:
    """Figures by dotted path; `{value, low, high}` becomes one line."""
    if isinstance(value, dict):
        if {"value", "low", "high"} <= set(value):
            yield path, f"{value['value']:.3f} ({value['low']:.3f} to {value['high']:.3f})"
            return
        for key, inner in value.items():
            yield from _leaves(inner, f"{path}.{key}" if path else str(key))
    elif isinstance(value, list) and value and all(isinstance(one, int | float) for one in value):
        if len(value) <= MOST_IN_A_ROW:
            yield path, ", ".join(f"{one:.4g}" for one in value)
    elif isinstance(value, bool):
        yield path, "yes" if value else "no"
    elif isinstance(value, int):
        yield path, str(value)
    elif isinstance(value, float):
        yield path, f"{value:.4g}"
    elif isinstance(value, str) and len(value) < 60 and "\n" not in value:
        yield path, value


def section(result: dict[str, Any]) -> str:
    """One evaluation as Markdown."""
    where = result.get("machine") or {}
    facts = f"seed {result['seed']}, commit {result['commit']}, {where.get('cpu')} ({where.get('cores')} cores)"
    lines = [f"## {result['name']}\n", f"`{result['command']}`: {facts}, {result['seconds']:.0f} s\n"]
    if note := result.get("note"):
        lines.append(f"{note}\n")
    figures = [item for key, value in result.items() if key not in (*ENVELOPE, "note") for item in _leaves(value, key)]
    lines += ["| figure | value |", "|---|---|"]
    lines += [f"| {name} | {text} |" for name, text in figures[:ROWS]]
    if len(figures) > ROWS:
        lines.append(f"\n{len(figures) - ROWS} more in `evals/results/{result['name']}.json`.")
    return "\n".join(lines)


def write_page(folder: Path = FOLDER, page: Path = PAGE) -> int:
    """Write the page; returns how many evaluations it holds."""
    found = [json.loads(path.read_text(encoding="utf-8")) for path in sorted(folder.glob("*.json"))]
    write_atomic(page, ("\n\n".join([HEAD, *map(section, found)]) + "\n").encode())
    return len(found)
