"""Words for people: templates by language, numbers, sizes, and a Blueprint in one sentence.

Templates are in `agent/prompts/wording_<language>.yaml`; English stands in for a template that a language lacks.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

import yaml

from tools.blueprint.model import Blueprint, CountRange, Range

PROMPTS = Path(__file__).parent / "prompts"
_SIZES = ("length_mm", "width_mm", "depth_mm", "diameter_mm")


def load_prompt(name: str) -> str:
    """A prompt's text: `agent/prompts/<name>.md`."""
    return (PROMPTS / f"{name}.md").read_text(encoding="utf-8")


@lru_cache(maxsize=8)
def _templates(language: str) -> dict[str, str]:
    path = PROMPTS / f"wording_{language}.yaml"
    if not path.is_file():
        return {}
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    data: dict[str, str] = yaml.load(path.read_text(encoding="utf-8"), Loader=loader)
    return data


def has_template(key: str, language: str = "en") -> bool:
    """True when there are words for this key."""
    return key in _templates(language) or key in _templates("en")


def say(key: str, language: str = "en", **facts: Any) -> str:
    """The template's text with these facts; a fact that is missing is left out, never an error.

    Raises:
        KeyError: no such template.
    """
    template = _templates(language).get(key) or _templates("en")[key]
    text = template.format_map(_Lenient(facts))
    return re.sub(r"\n{3,}", "\n\n", re.sub(r"[ \t]{2,}", " ", re.sub(r"[ \t]+(?=\n|$)", "", text))).strip()


class _Lenient(dict[str, Any]):
    def __missing__(self, key: str) -> str:
        return ""


def number(value: float, language: str = "en") -> str:
    """A number without needless digits; German with a comma."""
    text = f"{value:.4g}" if abs(value) < 10000 else f"{value:.0f}"
    return text.replace(".", ",") if language == "de" else text


def size(value: Range | CountRange, language: str = "en") -> str:
    """`3`, or `2–4` for a range."""
    low, high = number(value.min, language), number(value.max, language)
    return low if low == high else f"{low}–{high}"


def listing(items: Sequence[str], language: str = "en", last: str = "or") -> str:
    """`a, b or c`."""
    word = say(f"word_{last}", language)
    return f"{', '.join(items[:-1])} {word} {items[-1]}" if len(items) > 1 else "".join(items)


def field_label(path: str, language: str = "en") -> str:
    """A field's name for people: `geometry.length_mm` → "length"."""
    key = f"field_{path.rsplit('.', 1)[-1]}"
    return say(key, language) if has_template(key, language) else path


def value_label(path: str, value: Any, language: str = "en") -> str:
    """A field's value for people, with its unit."""
    if value is None:
        return say("word_unknown", language)
    data = value.model_dump() if hasattr(value, "model_dump") else value
    unit = " mm" if path.endswith("_mm") else "°" if path.endswith("_deg") else ""
    if isinstance(data, Mapping) and {"min", "max"} <= set(data):
        low, high = number(data["min"], language), number(data["max"], language)
        between = " … " if data["min"] < 0 else "–"
        return f"{low if low == high else f'{low}{between}{high}'}{unit}"
    if isinstance(data, float | int) and not isinstance(data, bool):
        return f"{number(float(data), language)}{unit}"
    text = str(getattr(value, "value", value))
    key = f"value_{text}"
    return say(key, language) if has_template(key, language) else text.replace("_", " ")


def defect_label(name: str | None, language: str = "en") -> str:
    """A defect type's name in this language."""
    from tools.blueprint.registry import DEFECT_TYPES

    if name is None:
        return say("word_defect", language)
    known = DEFECT_TYPES.get(name)
    return (known.label.get(language) or known.label["en"]) if known else name.replace("_", " ")


def summarise(blueprint: Blueprint, language: str = "en") -> str:
    """A Blueprint in one line: type, number, sizes, material, place, severity; what is unknown is left out."""
    words = [defect_label(blueprint.defect_type, language)]
    if blueprint.count is not None and blueprint.count.max > 1:
        words = [f"{size(blueprint.count, language)} × {words[0]}"]
    for name in _SIZES:
        value = getattr(blueprint.geometry, name)
        if value is not None:
            words.append(f"{field_label(name, language)} {size(value, language)} mm")
    if blueprint.geometry.orientation_deg is not None:
        words.append(f"{number(blueprint.geometry.orientation_deg, language)}°")
    ground = [value_label("material", value, language) for value in (blueprint.finish, blueprint.material) if value]
    if blueprint.part and blueprint.part not in ground:
        ground.append(blueprint.part)
    if ground:
        words.append(say("word_on", language, what=" ".join(ground)))
    if blueprint.placement.zone is not None:
        words.append(value_label("placement.zone", blueprint.placement.zone, language))
    if blueprint.severity is not None:
        words.append(value_label("severity", blueprint.severity, language))
    return ", ".join(words)
