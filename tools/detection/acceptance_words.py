"""Acceptance rules in words: "NG if any scratch > 2 mm in zone A" → `Rule`.

Every word must be understood; what is left over is named in the error, with the nearest word that is known. Nothing is
guessed.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from tools.blueprint.model import Severity
from tools.detection.acceptance import Rule
from tools.detection.errors import DetectionInputError

TYPES: dict[str, str] = {
    "scratch": "scratch", "scratches": "scratch", "scuff": "scratch", "scuffs": "scratch",
    "crack": "crack", "cracks": "crack", "fissure": "crack", "fissures": "crack",
    "dent": "dent", "dents": "dent", "ding": "dent", "dings": "dent",
    "void": "void", "voids": "void", "pore": "void", "pores": "void", "porosity": "void",
    "blowhole": "void", "blowholes": "void", "bubble": "void", "bubbles": "void",
    "stain": "stain", "stains": "stain", "spot": "stain", "spots": "stain",
    "corrosion": "corrosion", "rust": "corrosion",
    "contamination": "contamination", "dirt": "contamination", "particle": "contamination",
    "particles": "contamination", "fibre": "contamination", "fibres": "contamination", "fiber": "contamination",
    "missing part": "missing_part", "missing parts": "missing_part",
    "chip": "chip", "chips": "chip", "break": "chip", "breaks": "chip",
    "bump": "bump", "bumps": "bump", "burr": "bump", "burrs": "bump",
    "discolouration": "discolouration", "discoloration": "discolouration",
    "hole": "hole", "holes": "hole", "pinhole": "hole", "pinholes": "hole",
}  # fmt: skip
"""Words for the twelve defect types."""
ANY = ("defects", "defect", "regions", "region", "anomalies", "anomaly", "flaws", "flaw", "findings", "finding")
NUMBERS = {
    "zero": 0, "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8, "nine": 9,
    "ten": 10, "a dozen": 12,
}  # fmt: skip
ZONES = {
    "top left": "top_left", "top-left": "top_left", "upper left": "top_left",
    "top right": "top_right", "top-right": "top_right", "upper right": "top_right",
    "bottom left": "bottom_left", "bottom-left": "bottom_left", "lower left": "bottom_left",
    "bottom right": "bottom_right", "bottom-right": "bottom_right", "lower right": "bottom_right",
    "centre": "center", "center": "center", "middle": "center",
    "edge": "edge", "edges": "edge", "rim": "edge", "border": "edge",
    "top": "top", "bottom": "bottom", "left": "left", "right": "right",
}  # fmt: skip
COMPARATORS: tuple[tuple[str, str, str | None], ...] = (
    (r"no (?:more|longer|larger|bigger|wider) than|not (?:over|exceed(?:ing)?)|at most|up to|max(?:imum)?", "<=", None),
    (r"no (?:less|shorter|smaller) than|at least|min(?:imum)?|from", ">=", None),
    (r"(?:is |are )?longer than", ">", "length"),
    (r"(?:is |are )?shorter than", "<", "length"),
    (r"(?:is |are )?wider than", ">", "width"),
    (r"(?:is |are )?narrower than|thinner than", "<", "width"),
    (r"more than|over|above|beyond|exceeding|exceeds?|(?:larger|bigger|greater) than|>(?!=)", ">", None),
    (r"less than|under|below|(?:smaller|fewer) than|<(?!=)", "<", None),
    (r">=|≥", ">=", None),
    (r"<=|≤", "<=", None),
)
UNITS: dict[str, tuple[float, str]] = {
    "mm2": (1.0, "mm2"), "mm²": (1.0, "mm2"), "mm^2": (1.0, "mm2"), "sq mm": (1.0, "mm2"), "square mm": (1.0, "mm2"),
    "cm2": (100.0, "mm2"), "cm²": (100.0, "mm2"),
    "px2": (1.0, "px2"), "px²": (1.0, "px2"), "square pixels": (1.0, "px2"),
    "millimetres": (1.0, "mm"), "millimeters": (1.0, "mm"), "millimetre": (1.0, "mm"), "millimeter": (1.0, "mm"),
    "mm": (1.0, "mm"), "cm": (10.0, "mm"), "µm": (0.001, "mm"), "um": (0.001, "mm"), "microns": (0.001, "mm"),
    "micron": (0.001, "mm"), "pixels": (1.0, "px"), "pixel": (1.0, "px"), "px": (1.0, "px"),
}  # fmt: skip
OUTCOMES: tuple[tuple[str, str], ...] = (
    (r"not (?:be )?(?:ok|okay|acceptable|accepted|allowed|permitted|tolerated)|unacceptable|forbidden", "ng"),
    (r"(?:goes?|go|send|sent|put) to review|needs? (?:a )?review|look(?:ed)? at|check by hand|review(?:ed)?", "review"),
    (r"accept(?:able|ed)?|allow(?:ed)?|permit(?:ted)?|tolerat(?:ed?|able)|ignored?|ok|okay|pass(?:es)?", "accepted"),
    (r"ng|reject(?:ed)?|fail(?:s|ed|ure)?|scrap(?:ped)?|bad|stop the line", "ng"),
)
SEVERITIES = tuple(each.value for each in Severity)
FILLERS = frozenset(
    {"if", "any", "a", "an", "the", "is", "are", "be", "there", "with", "when", "where", "that", "which", "of", "in",
     "on", "at", "to", "and", "or", "but", "as", "has", "have", "part", "parts", "long", "large", "big", "size", "each",
     "every", "all", "surface", "it", "its", "than", "single", "individual", "must", "should", "will", "zone"}
)  # fmt: skip
MEASURES = (("length", r"lengths?|long(?:er)?"), ("width", r"widths?"), ("area", r"areas?"), ("score", r"scores?"))


@dataclass
class _Reader:
    """The text that is still to be understood, and what was found."""

    rest: str
    found: dict[str, Any] = field(default_factory=dict)

    def take(self, pattern: str) -> re.Match[str] | None:
        """The first match as whole words, cut out of the rest."""
        match = re.search(rf"(?<![\w.]){'(?:' + pattern + ')'}(?![\w²])", self.rest)
        if match:
            self.rest = f"{self.rest[: match.start()]} {self.rest[match.end() :]}"
        return match


def parse_rule(text: str, *, zones: Sequence[str] = ()) -> Rule:
    """One sentence to a rule.

    Args:
        text: such as "more than 3 pores over 0.5 mm", "area above 4 mm2 at the edge is critical", "no cracks",
            "scratches shorter than 0.5 mm are acceptable", "review if any stain in zone B".
        zones: names of the drawn polygons; the nine cells and `edge` are known besides.

    Raises:
        DetectionInputError: a word or zone is not understood, or the sentence says nothing that can be tested.
    """
    reader = _Reader(" ".join(re.sub(r"[,;:!?]|\.(?!\d)", " ", text.lower()).split()))
    steps: tuple[Callable[[_Reader], None], ...] = (_take_limit, _take_count, _take_none_allowed)
    _take_zones(reader, zones, text)
    for step in steps:
        step(reader)
    _take_outcome(reader)
    _take_types(reader)
    _check_rest(reader, text, zones)
    said = reader.found
    if not (said.keys() & {"value", "types", "zones", "counted", "anything"}):
        raise DetectionInputError(f"the rule {text!r} names no defect, size, number or zone; say what to look for")
    said.pop("counted", None)
    said.pop("anything", None)
    if said.get("measure") == "area" and said.get("unit") in ("mm", "px"):
        raise DetectionInputError(f"the rule {text!r} limits an area in {said['unit']}; write {said['unit']}2")
    return Rule.model_validate({"text": " ".join(text.split()), **said})


def _take_zones(reader: _Reader, zones: Sequence[str], text: str) -> None:
    named = {name.lower(): name for name in zones}
    found = []
    for low, name in sorted(named.items(), key=lambda item: -len(item[0])):
        if reader.take(rf"(?:in|on|at|inside|within) (?:the )?(?:zone |area )?{re.escape(low)}|zone {re.escape(low)}"):
            found.append(name)
    for words, name in sorted(ZONES.items(), key=lambda item: -len(item[0])):
        if reader.take(rf"(?:(?:in|on|at|near|along) )?(?:the )?{words}(?: zone| corner| half| third)?"):
            found.append(name)
    unknown = re.search(r"(?<!\w)zone (\w+)", reader.rest)
    if unknown:
        known = ", ".join([*zones, *dict.fromkeys(ZONES.values())])
        raise DetectionInputError(f"the rule {text!r} names zone {unknown[1]!r}, which is not drawn; there are {known}")
    if found:
        reader.found["zones"] = tuple(found)


def _take_limit(reader: _Reader) -> None:
    """A comparator with a number and a unit: the limit on one region, or on all together."""
    units = "|".join(re.escape(unit) for unit in sorted(UNITS, key=len, reverse=True))
    number = r"(\d+(?:\.\d+)?)"
    for pattern, comparator, measure in COMPARATORS:
        match = reader.take(rf"(?:{pattern})\s*{number}\s*({units})(?: (wide|long|across))?")
        if match:
            _set_limit(reader, float(match[1]), match[2], comparator, "width" if match[3] == "wide" else measure)
            return
        scored = reader.take(rf"scores? (?:is |of )?(?:{pattern})\s*{number}(?!\s*(?:{units}))")
        if scored:
            reader.found.update(measure="score", comparator=comparator, value=float(scored[1]), unit="score")
            return
    reverse = reader.take(rf"{number}\s*({units}) (or (?:more|longer|larger|above|over)|or (?:less|shorter|smaller))")
    if reverse:
        more = re.match(r"or (?:more|longer|larger|above|over)", reverse[3])
        _set_limit(reader, float(reverse[1]), reverse[2], ">=" if more else "<=", None)


def _set_limit(reader: _Reader, number: float, unit: str, comparator: str, measure: str | None) -> None:
    factor, base = UNITS[unit]
    named = next((name for name, words in MEASURES if reader.take(words)), None)
    reader.take("diameters?|across")
    default = "area" if base.endswith("2") else "length"
    chosen = measure or named or default
    reader.found.update(measure=chosen, comparator=comparator, value=number * factor, unit=base)
    if reader.take("total|sum|together|summed|combined"):
        reader.found["total"] = True


def _take_count(reader: _Reader) -> None:
    """A number without a unit: how many are allowed."""
    words = "|".join([r"\d+", *NUMBERS])
    more = reader.take(rf"(?:more than|over|above|exceeding|>)\s*({words})")
    least = None if more else reader.take(rf"(?:at least|>=|≥)\s*({words})") or reader.take(rf"({words}) or more")
    fewer = None if more or least else reader.take(rf"(?:fewer than|less than|<)\s*({words})")
    most = None if more or least or fewer else reader.take(rf"(?:at most|up to|max(?:imum)?)\s*({words})")
    match = more or least or fewer or most
    if match is None:
        return
    number = NUMBERS.get(match[1]) if not match[1].isdigit() else int(match[1])
    assert number is not None
    reader.found["counted"] = True
    reader.found["allowed"] = max(number - 1, 0) if least or fewer else number


def _take_none_allowed(reader: _Reader) -> None:
    if reader.take("no|none|never|without|zero"):
        reader.found["outcome"] = "ng"
        reader.take("are allowed|is allowed|allowed|are permitted|permitted|are accepted|accepted|ok|acceptable")


def _take_outcome(reader: _Reader) -> None:
    counted_most = "counted" in reader.found
    for pattern, outcome in OUTCOMES:
        if reader.take(pattern):
            # "up to 3 pores are allowed": beyond three is NG, which is what `allowed` already says
            reader.found.setdefault("outcome", "ng" if counted_most and outcome == "accepted" else outcome)
    for severity in SEVERITIES:
        if reader.take(severity):
            reader.found["severity"] = severity
            reader.found.setdefault("outcome", "review" if severity == "minor" else "ng")
    if reader.found.get("comparator") in ("<", "<="):
        reader.found.setdefault("outcome", "accepted")  # "scratches must be shorter than 2 mm"


def _take_types(reader: _Reader) -> None:
    found: list[str] = []
    for word in sorted(TYPES, key=len, reverse=True):
        while reader.take(re.escape(word)):
            found.append(TYPES[word])
    if found:
        reader.found["types"] = tuple(dict.fromkeys(found))
    elif reader.take("|".join(ANY)) or reader.take("anything|everything"):
        reader.found["anything"] = True
    reader.take("|".join(ANY))
    for name, words in MEASURES:
        if reader.take(words) and "value" in reader.found:
            reader.found["measure"] = name


def _check_rest(reader: _Reader, text: str, zones: Sequence[str]) -> None:
    left = [word for word in reader.rest.split() if word not in FILLERS]
    if not left:
        return
    known = [*TYPES, *ANY, *ZONES, *zones, *SEVERITIES, "more than", "over", "under", "accept", "reject", "review"]
    near = difflib.get_close_matches(left[0], known, n=1)
    hint = f", did you mean {near[0]!r}?" if near else "; see docs/detection.md for the words"
    raise DetectionInputError(f"the rule {text!r}: cannot understand {left[0]!r}{hint}")
