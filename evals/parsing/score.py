"""Compare parsed Blueprints with what was expected, field by field."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tools.blueprint.model import Blueprint

SENTENCES = Path(__file__).parent / "sentences"
FIELDS = (
    "defect_type", "material", "count", "severity", "length", "width", "depth", "diameter", "orientation", "zone",
)  # fmt: skip
TOLERANCE = 0.005
"""Relative tolerance of lengths."""


@dataclass(frozen=True)
class Case:
    """A sentence and the fields that it should give; a field that is not listed should be unknown."""

    name: str
    text: str
    tags: tuple[str, ...]
    expect: dict[str, Any]


@dataclass(frozen=True)
class Judged:
    """One field of one case."""

    case: Case
    field: str
    expected: Any
    found: Any

    @property
    def right(self) -> bool:
        """Equal, lengths within `TOLERANCE`."""
        return same(self.expected, self.found)


def load(names: Sequence[str] | None = None) -> list[Case]:
    """The cases of these files of `sentences/` (without `.json`), or of all."""
    paths = sorted(SENTENCES.glob("*.json")) if names is None else [SENTENCES / f"{name}.json" for name in names]
    return [
        Case(f"{path.stem}:{index}", item["text"], tuple(item["tags"]), item["expect"])
        for path in paths
        for index, item in enumerate(json.loads(path.read_text(encoding="utf-8")))
    ]


def flat(blueprint: Blueprint) -> dict[str, Any]:
    """The ten fields of a Blueprint, ranges as `[min, max]`."""
    geometry = blueprint.geometry

    def pair(value: Any) -> list[float] | None:
        return None if value is None else [value.min, value.max]

    return {
        "defect_type": blueprint.defect_type,
        "material": blueprint.material,
        "count": pair(blueprint.count),
        "severity": blueprint.severity.value if blueprint.severity else None,
        "length": pair(geometry.length_mm),
        "width": pair(geometry.width_mm),
        "depth": pair(geometry.depth_mm),
        "diameter": pair(geometry.diameter_mm),
        "orientation": geometry.orientation_deg,
        "zone": blueprint.placement.zone.value if blueprint.placement.zone else None,
    }


def same(expected: Any, found: Any) -> bool:
    """Whether two values of a field agree."""
    if isinstance(expected, list) and isinstance(found, list):
        return all(same(a, b) for a, b in zip(expected, found, strict=True))
    if isinstance(expected, int | float) and isinstance(found, int | float):
        return abs(expected - found) <= TOLERANCE * max(abs(expected), abs(found), 1e-9)
    return bool(expected == found)


def judge(cases: Sequence[Case], parse: Callable[[str], Blueprint]) -> list[Judged]:
    """Parse every case and compare its ten fields."""
    judged: list[Judged] = []
    for case in cases:
        found = flat(parse(case.text))
        judged.extend(Judged(case, field, case.expect.get(field), found[field]) for field in FIELDS)
    return judged


def share(judged: Sequence[Judged]) -> float | None:
    """The share that is right, to four digits; None of nothing."""
    return round(sum(item.right for item in judged) / len(judged), 4) if judged else None


def confusion(judged: Sequence[Judged]) -> list[dict[str, Any]]:
    """Every kind of mistake with its number, most frequent first."""
    counts = Counter(
        (item.field, json.dumps(item.expected), json.dumps(item.found)) for item in judged if not item.right
    )
    return [
        {"field": field, "expected": json.loads(expected), "found": json.loads(found), "count": count}
        for (field, expected, found), count in counts.most_common()
    ]
