"""A Blueprint as facts for a model or a template: its summary, what was concluded, what changed."""

from __future__ import annotations

from typing import Any

from agent.wording import field_label, say, summarise, value_label
from tools.blueprint.model import Blueprint, Origin

_OBVIOUS = ("defect_type", "count")
"""Conclusions that are not worth a sentence."""


def blueprint_facts(blueprint: Blueprint, language: str, warnings: tuple[str, ...] = ()) -> dict[str, Any]:
    """`version`, `summary`, `inferred` and `warnings` as sentences."""
    concluded = [
        f"{field_label(path, language)} {value_label(path, field_value(blueprint, path), language)}"
        for path, origin in blueprint.origin.items()
        if origin == Origin.INFERRED and path not in _OBVIOUS
    ]
    return {
        "version": blueprint.version,
        "summary": summarise(blueprint, language),
        "inferred": say("inferred", language, fields=", ".join(concluded)) if concluded else "",
        "warnings": " ".join(warnings),
    }


def field_value(blueprint: Blueprint, path: str) -> Any:
    """The value at a field path; None where there is none."""
    value: Any = blueprint
    for name in path.split("."):
        value = getattr(value, name, None)
    return value


def changes_in_words(old: Blueprint, new: Blueprint, language: str) -> str:
    """`length: 3 mm → 5 mm; place: unknown → left`; empty where nothing differs."""
    from tools.blueprint.versions import diff

    return "; ".join(
        f"{field_label(change.path, language)}: {value_label(change.path, change.old, language)} → "
        f"{value_label(change.path, change.new, language)}"
        for change in diff(old, new)
    )


def fields_in_words(blueprint: Blueprint, language: str) -> str:
    """Every field that has a value, a line each, with where it came from."""
    lines = []
    for path, origin in blueprint.origin.items():
        value = field_value(blueprint, path)
        if value is not None and origin != Origin.UNKNOWN:
            came = say(f"origin_{Origin(origin).value}", language)
            lines.append(f"- {field_label(path, language)}: {value_label(path, value, language)} ({came})")
    return "\n".join(lines)
