"""Texts that drive the renderer: a short description that compiles, always the same way, to renderer parameters.

A text is a list of clauses divided by commas or semicolons. A clause names a parameter in words and how much of it
there is: "strong burr", "no fading", "burr 0.35", "very dark", "soft edge". Numbers are the parameter's own unit.
What no clause names is drawn afresh for each image. The language is small so that rules can edit it offline, and plain
so that a language model or a person can as well.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from rapidfuzz import process

from tools.evolution.errors import EvolutionError
from tools.generation.renderer.parameter import Parameter
from tools.generation.renderer.renderer import parameters_of

LEVELS: dict[str, float] = {
    "no": 0.0, "hardly any": 0.1, "little": 0.25, "slight": 0.25, "some": 0.4, "medium": 0.5, "moderate": 0.5,
    "clear": 0.65, "strong": 0.8, "very strong": 0.9, "full": 1.0,
}  # fmt: skip
"""Level word → share of the way from the parameter's lowest to its highest value."""

PHRASES: dict[str, tuple[tuple[str, ...], float]] = {
    "very dark": (("contrast",), -0.7), "dark": (("contrast",), -0.45), "slightly dark": (("contrast",), -0.2),
    "faint": (("contrast",), -0.12), "bright": (("contrast",), 0.3), "very bright": (("contrast",), 0.55),
    "sharp edge": (("edge_px",), 0.7), "soft edge": (("edge_px",), 3.0), "very soft edge": (("edge_px",), 6.0),
    "ragged": (("raggedness", "irregularity"), 0.8), "smooth outline": (("raggedness", "irregularity"), 0.05),
    "larger": (("size_factor",), 1.5), "smaller": (("size_factor",), 0.7),
}  # fmt: skip
"""Set phrases → the first of these parameters that the type has, and its value."""

_NUMBER = re.compile(r"^(?P<name>[a-z][a-z ]*?)\s*(?:=|:|of)?\s*(?P<value>[-+]?\d+(?:\.\d+)?)$")


@dataclass(frozen=True)
class Compiled:
    """`style` for `Blueprint.style`; `ignored` are the clauses that mean nothing to this type."""

    style: dict[str, float]
    ignored: tuple[str, ...] = ()


def _clauses(text: str) -> list[str]:
    return [part.strip().lower() for part in re.split(r"[,;\n]+", text) if part.strip()]


def compile_text(text: str, defect_type: str) -> Compiled:
    """Compile a style text for a defect type; a later clause wins over an earlier one.

    Raises:
        GenerationError: the renderer does not know the type.
    """
    known = {parameter.name: parameter for parameter in parameters_of(defect_type)}
    style: dict[str, float] = {}
    ignored = []
    for clause in _clauses(text):
        found = _phrase(clause, known) or _number(clause, known) or _level(clause, known)
        if found is None:
            ignored.append(clause)
        else:
            style[found[0]] = _fitting(known[found[0]], found[1])
    return Compiled(style, tuple(ignored))


def _fitting(parameter: Parameter, value: float) -> float:
    """Words may overshoot: a text is kept inside the parameter's range, where a Blueprint's own number would not be."""
    value = min(max(value, parameter.low), parameter.high)
    return float(round(value)) if parameter.integer or parameter.choices else round(value, 4)


def _named(words: str, known: Mapping[str, Parameter]) -> str | None:
    names = {name.removesuffix("_px").removesuffix("_deg").replace("_", " "): name for name in known}
    if words in names:
        return names[words]
    near = process.extractOne(words, list(names), score_cutoff=84)
    return names[near[0]] if near else None


def _phrase(clause: str, known: Mapping[str, Parameter]) -> tuple[str, float] | None:
    if clause not in PHRASES:
        return None
    names, value = PHRASES[clause]
    name = next((name for name in names if name in known), None)
    if name is None and names == ("contrast",) and "brightness_factor" in known:
        return "brightness_factor", 1.0 + value
    return (name, value) if name else None


def _number(clause: str, known: Mapping[str, Parameter]) -> tuple[str, float] | None:
    match = _NUMBER.match(clause.replace("_", " "))
    name = _named(match["name"].strip(), known) if match else None
    return (name, float(match["value"])) if match and name else None


def _level(clause: str, known: Mapping[str, Parameter]) -> tuple[str, float] | None:
    for level in sorted(LEVELS, key=len, reverse=True):
        if clause.startswith(f"{level} "):
            name = _named(clause.removeprefix(level).strip(), known)
            if name is not None:
                parameter = known[name]
                return name, parameter.low + LEVELS[level] * (parameter.high - parameter.low)
    for name, parameter in known.items():
        if clause in parameter.choices:
            return name, float(parameter.choices.index(clause))
    return None


def write_text(style: Mapping[str, float], keep: Sequence[str] = ()) -> str:
    """The text of a style: a number a parameter, then clauses to keep; `compile_text` gives the style back."""
    clauses = [
        f"{name.removesuffix('_px').removesuffix('_deg').replace('_', ' ')} {value:g}" for name, value in style.items()
    ]
    return ", ".join([*clauses, *keep])


def edit_text(text: str, changes: Mapping[str, float], defect_type: str) -> str:
    """The text with some parameters set to new values, everything else as it was said.

    Raises:
        EvolutionError: a name is not a parameter of the type.
    """
    known = {parameter.name: parameter for parameter in parameters_of(defect_type)}
    for name in changes:
        if name not in known:
            raise EvolutionError(f"{name!r} is not a parameter of {defect_type}; it has {', '.join(known)}")
    kept = []
    for clause in _clauses(text):
        compiled = compile_text(clause, defect_type)
        if not set(compiled.style) & set(changes):
            kept.append(clause)
    fitted = {name: _fitting(known[name], value) for name, value in changes.items()}
    return ", ".join([*kept, write_text(fitted)]) if fitted else ", ".join(kept)
