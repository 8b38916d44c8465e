"""What words without a number mean: a width ("a thin scratch", "ein haarfeiner Riss"), and the look of oxide.

The parser leaves such a width unknown, because nobody said a size. Where a talk goes on ("wider"), a part of the type's
usual range is a better beginning than all of it; its origin is `inferred`.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from tools.blueprint.model import Blueprint, Origin, PositiveRange, Range
from tools.blueprint.reading.document import Document, Match, read
from tools.blueprint.reading.draft import Draft
from tools.blueprint.reading.edits import find_edits
from tools.blueprint.reading.negation import denied_tokens
from tools.blueprint.reading.phrases import phrase_at
from tools.blueprint.reading.quantities import scan
from tools.blueprint.registry import DEFECT_TYPES

LONG_TYPES = frozenset({"scratch", "crack"})
"""Types whose width is what "thin" speaks of."""
SHARES = {"hairline": (0.0, 0.2), "thin": (0.0, 0.4), "wide": (0.6, 1.0)}
"""Which part of the usual range a word means, on a logarithmic scale."""
WIDTH = "geometry.width_mm"
_OXIDE = re.compile(
    r"\b(?:oxidi[sz]ed|tarnished|rusty|rusted|corroded|oxidiert\w*|angelaufen\w*|rostig\w*|verrostet\w*|korrodiert\w*)\b",
    re.I,
)
WORDS_BETWEEN = 3
"""An adjective's noun is among so many words behind it: "an oxidised, rather deep scratch"."""
OXIDE_CONTRAST = (-0.5, -0.2)
"""Oxide in a scratch or a dent is darker than the metal around it, and does not shine."""


def with_oxide(blueprint: Blueprint, text: str) -> Blueprint:
    """The Blueprint of "an oxidised scratch": dark and matt where nothing else was said of its look.

    The parser leaves the adjective out: the head noun wins. "A scratch on oxidised steel" says nothing of the scratch.
    """
    look = blueprint.appearance
    if blueprint.defect_type in (None, "corrosion", "stain", "discolouration") or not _oxide_of_defect(text):
        return blueprint
    changes: dict[str, object] = {}
    if look.contrast is None and look.colour is None:
        changes["appearance.contrast"] = Range(min=OXIDE_CONTRAST[0], max=OXIDE_CONTRAST[1])
    if look.gloss is None:
        changes["appearance.gloss"] = "matt"
    return blueprint.with_changes(changes, Origin.INFERRED) if changes else blueprint


def _oxide_of_defect(text: str) -> bool:
    """True where the noun that a word of oxide stands before is a defect."""
    for match in _OXIDE.finditer(text):
        behind = re.split(r"[,;.]?\s+", text[match.end() :].strip(" ,;."))[:WORDS_BETWEEN]
        nouns = read(" ".join(behind)).all("defect", "part", "material")
        if nouns and nouns[0].category == "defect":
            return True
    return False


def with_width_in_words(blueprint: Blueprint, text: str, *, replace: bool = False) -> Blueprint:
    """The Blueprint with the width that an adjective in the text stands for; itself where there is none.

    Args:
        blueprint: a scratch or a crack; other types stay as they are.
        text: what the user said.
        replace: the words change a width that is known.
    """
    kind = DEFECT_TYPES.get(blueprint.defect_type or "")
    known = blueprint.geometry.width_mm is not None
    if kind is None or kind.name not in LONG_TYPES or (known and not replace):
        return blueprint
    word = _said(read(text), blueprint)
    if word is None:
        return blueprint
    usual, (low, high) = kind.defaults["width_mm"], SHARES[word]
    ratio = usual.max / usual.min
    value = PositiveRange(min=_rounded(usual.min * ratio**low), max=_rounded(usual.min * ratio**high))
    return blueprint.with_changes({WIDTH: value}, Origin.INFERRED)


def _rounded(value: float) -> float:
    return float(f"{value:.2g}")


def _said(document: Document, blueprint: Blueprint) -> str | None:
    """The word that grades the defect's width; the longest one where several do."""
    quantities, _ = scan(document)
    edited = find_edits(document, blueprint, Draft(document.language)).used
    spent = denied_tokens(document) | {i for quantity in quantities for i in range(quantity.lead, quantity.tail)}
    found = [
        match
        for match in document.all("width_hint")
        if match.start not in spent and _of_defect(document, match, comparative=match.start in edited)
    ]
    order: Sequence[str] = tuple(SHARES)
    return min((match.value for match in found), key=order.index, default=None)


def _of_defect(document: Document, match: Match, *, comparative: bool) -> bool:
    """Not of the part ("a scratch on a thin plate", "the plate is thin"), and no change ("dünner" alone is thinner)."""
    if document.covering(match.start, "defect") is not None:
        return True
    phrase = phrase_at(document, match.end)
    if phrase.head is not None:
        return phrase.head.category == "defect"
    if phrase.unknown or comparative:
        return False
    before = [noun for noun in document.all("defect", "part", "material") if noun.end <= match.start]
    is_said_of_it = document.is_a(match.start - 1, "copulas")
    return not is_said_of_it or not before or before[-1].category == "defect"
