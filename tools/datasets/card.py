"""The data-set card: what is in the folder, what it was made of, and hashes to tell whether it is still that."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tools.blueprint.model import Blueprint
from tools.datasets.lineage import FILE as LINEAGE
from tools.datasets.model import GOOD, Entry, LineageRecord
from tools.datasets.sheet import FILE as SHEET
from tools.vision.images import write_atomic

FILE = "card.md"
LICENCE = """- The good photos belong to whoever supplied them; their licence holds for every image made of them.
- Red Rabbit (Apache-2.0) claims no right in what it draws."""


def write_card(
    root: Path,
    blueprint: Blueprint,
    entries: Sequence[Entry],
    records: Sequence[LineageRecord],
    facts: dict[str, str],
    skipped: Sequence[str],
) -> Path:
    """Write `card.md`; the same data set gives the same bytes.

    Args:
        root: the data set.
        blueprint: as asked, with its ranges.
        entries: every file of the data set.
        records: the lineage.
        facts: further lines of the first table.
        skipped: photos that could not be used, and why.
    """
    title = (blueprint.defect_type or "defect").replace("_", " ")
    parts = [
        f"# Sculpted data set: {title}",
        f"> {blueprint.text}" if blueprint.text else "",
        f"![contact sheet]({SHEET})",
        _table(("what", "value"), list(facts.items())),
        "## Counts",
        _table(("split", "label", "images"), _counts(entries)),
        "## Blueprint",
        _table(("field", "value", "from"), _fields(blueprint)),
        "## Skipped photos" if skipped else "",
        "\n".join(f"- {line}" for line in skipped),
        "## Licences",
        LICENCE,
        "## Hashes",
        _table(("of", "SHA-256"), _hashes(root, records)),
        f"Every sculpted image is traced in `{LINEAGE}`: photo, seed, Blueprint, generator. "
        "`redrabbit datasets verify` renders each again and compares bit for bit.",
    ]
    write_atomic(root / FILE, ("\n\n".join(part for part in parts if part) + "\n").encode())
    return root / FILE


def _counts(entries: Sequence[Entry]) -> list[tuple[str, str, str]]:
    counted = Counter((entry.split, entry.label) for entry in entries)
    order = sorted(counted, key=lambda key: (key[0], key[1] != GOOD, key[1]))
    return [(split, label, str(counted[split, label])) for split, label in order]


def _fields(blueprint: Blueprint) -> list[tuple[str, str, str]]:
    """Every field that has a value, with where it came from."""
    rows: list[tuple[str, str, str]] = []

    def visit(path: str, value: Any) -> None:
        if isinstance(value, dict) and set(value) == {"min", "max"}:
            low, high = value["min"], value["max"]
            rows.append((path, f"{low:g}" if low == high else f"{low:g} … {high:g}", ""))
        elif isinstance(value, dict):
            for name, inner in value.items():
                visit(f"{path}.{name}" if path else name, inner)
        elif value not in (None, "", [], ()):
            rows.append((path, str(value), ""))

    visit("", blueprint.model_dump(mode="json", exclude={"origin", "text", "schema_version", "prompt"}))
    return [(path, value, blueprint.origin[path].value if path in blueprint.origin else "") for path, value, _ in rows]


def _hashes(root: Path, records: Sequence[LineageRecord]) -> list[tuple[str, str]]:
    pixels = hashlib.sha256("".join(r.image_sha256 + r.mask_sha256 for r in records).encode()).hexdigest()
    lineage = hashlib.sha256((root / LINEAGE).read_bytes()).hexdigest()
    return [(f"`{LINEAGE}`", f"`{lineage}`"), ("all sculpted images and masks, in order", f"`{pixels}`")]


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |" for line in lines)
