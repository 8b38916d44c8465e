"""Why a candidate looks different from another, in words: measured on the pictures, not read off the parameters."""

from __future__ import annotations

from tools.scoring.appearance import SCALES, Looks, gaps

COMPARATIVES: dict[str, dict[str, tuple[str, str]]] = {
    "en": {
        "contrast": ("brighter", "darker"),
        "texture": ("more mottled", "more even"),
        "softness": ("softer at the edge", "sharper at the edge"),
        "raggedness": ("more ragged", "more regular"),
        "size": ("larger", "smaller"),
        "tint": ("more colourful", "less colourful"),
    },
    "de": {
        "contrast": ("heller", "dunkler"),
        "texture": ("fleckiger", "gleichmäßiger"),
        "softness": ("weicher am Rand", "schärfer am Rand"),
        "raggedness": ("ausgefranster", "regelmäßiger"),
        "size": ("größer", "kleiner"),
        "tint": ("farbiger", "weniger farbig"),
    },
}
"""Look → words for more of it and for less of it."""
VISIBLE = 0.35
MOST = 3


def difference(new: Looks, old: Looks, language: str = "en") -> tuple[str, ...]:
    """What is visibly different in the new picture, the largest difference first; empty where nothing is.

    Args:
        new, old: measured looks; a difference counts from 0.35 of the look's scale.
        language: `en` or `de`; others are answered in English.
    """
    words = COMPARATIVES.get(language, COMPARATIVES["en"])
    found = sorted(gaps(new, old).items(), key=lambda item: -abs(item[1]))
    return tuple(words[name][gap < 0] for name, gap in found if name in SCALES and abs(gap) >= VISIBLE)[:MOST]
