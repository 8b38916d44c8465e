"""A width out of words without a number: "a thin scratch", "make it wide", "ein haarfeiner Riss".

The parser leaves such a width unknown, because nobody said a size. Where a talk goes on ("wider"), a part of the type's
usual range is a better beginning than all of it; its origin is `inferred`.
"""

from __future__ import annotations

from collections.abc import Sequence

from tools.blueprint.model import Blueprint, Origin, PositiveRange
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
