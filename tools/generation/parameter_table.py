"""The renderer's parameters as Markdown, for the documentation."""

from __future__ import annotations

from collections.abc import Sequence

from tools.generation.renderer.common import COMMON
from tools.generation.renderer.parameter import Parameter
from tools.generation.renderer.types import RENDER_TYPES


def parameter_table() -> str:
    """A table a type, and one of the parameters that all types have."""
    parts = [_section("every type", COMMON)]
    parts += [_section(name, kind.parameters) for name, kind in RENDER_TYPES.items()]
    return "\n".join(parts)


def _section(title: str, parameters: Sequence[Parameter]) -> str:
    rows = [f"#### {title}", "", "| parameter | allowed | drawn from | what it does |", "|---|---|---|---|"]
    rows += [f"| `{p.name}` | {_range(p)} | {_draw(p)} | {p.help} |" for p in parameters]
    return "\n".join(rows) + "\n"


def _range(parameter: Parameter) -> str:
    if parameter.choices:
        return ", ".join(f"{number} {name}" for number, name in enumerate(parameter.choices))
    return f"{parameter.low:g} to {parameter.high:g}" + (", whole" if parameter.integer else "")


def _draw(parameter: Parameter) -> str:
    if not parameter.draw:
        return f"always {parameter.default:g}"
    if parameter.choices:
        return "any"
    return ", or ".join(f"{low:g} to {high:g}" if low != high else f"{low:g}" for low, high in parameter.draw)
