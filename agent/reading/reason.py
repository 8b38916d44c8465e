"""Reads a reason chip ("too dark", "zu breit") and "back to 3" out of a short reply."""

from __future__ import annotations

import re

GERMAN = {
    "too wide": "zu breit", "too large": "zu groß", "too small": "zu klein", "too dark": "zu dunkel",
    "too bright": "zu hell", "too regular": "zu regelmäßig", "too ragged": "zu ausgefranst",
    "edge too sharp": "Rand zu scharf", "edge too soft": "Rand zu weich", "too even": "zu gleichmäßig",
    "too mottled": "zu fleckig", "too colourful": "zu farbig", "too colourless": "zu farblos",
    "wrong place": "falsche Stelle", "not this material": "nicht dieses Material",
}  # fmt: skip
"""Every reason chip and its German words. The last two are not about looks."""
SYNONYMS = {
    "too big": "too large", "too thick": "too wide", "too thin": "too small", "too light": "too bright",
    "too black": "too dark", "too faint": "too bright", "too sharp": "edge too sharp", "too soft": "edge too soft",
    "too blurry": "edge too soft", "too smooth": "too regular",
    "too uniform": "too even", "too blotchy": "too mottled",
    "too colorful": "too colourful", "wrong spot": "wrong place", "wrong location": "wrong place",
    "wrong material": "not this material", "zu dick": "too wide", "zu dünn": "too small",
    "zu unscharf": "edge too soft",
    "zu weich": "edge too soft", "zu scharf": "edge too sharp", "falscher ort": "wrong place",
}  # fmt: skip
_CHIPS = {
    **{chip: chip for chip in GERMAN},
    **{words.lower(): chip for chip, words in GERMAN.items()},
    **SYNONYMS,
}
_FILLERS_EN = frozenset(
    {"it", "it's", "its", "is", "still", "the", "both", "a", "bit", "slightly", "one", "but", "and"}
)
_FILLERS_EN |= {"much", "far", "all", "are", "that", "this", "looks", "look", "now", "really", "very", "edge"}
_FILLERS_DE = frozenset({"es", "ist", "sind", "noch", "immer", "etwas", "aber", "und", "viel", "beide", "der", "die"})
_FILLERS_DE |= {"das", "sieht", "aus", "wirkt", "rand"}
_FILLERS = _FILLERS_EN | _FILLERS_DE
_SIDES = {"1": "1", "first": "1", "left": "1", "one": "1", "linke": "1", "erste": "1", "2": "2", "second": "2"}
_SIDES |= {"right": "2", "two": "2", "rechte": "2", "zweite": "2", "tie": "tie", "neither": "both_bad"}
_BACK = re.compile(
    r"^(?:please )?(?:go |take me )?(?:back to|return to|continue (?:from|with)|zurück zu(?:r|m)?|weiter mit) "
    r"(?:the )?(?:candidate|generation|picture|image|look|number|no\.?|kandidat|generation|bild|nummer)? ?#?(\d{1,3})$"
)


def reason_word(reason: str, language: str) -> str:
    """The chip as it is shown."""
    return GERMAN.get(reason, reason) if language == "de" else reason


def read_reason(text: str) -> tuple[str | None, str] | None:
    """(choice or None, reason chip); None where the reply is anything else.

    "too dark" → (None, "too dark"); "2, still too dark" → ("2", "too dark"); "both too wide" → (None, "too wide").
    """
    plain = " ".join(re.sub(r"[.,;:!]", " ", text.lower()).split())
    for words in sorted(_CHIPS, key=len, reverse=True):
        match = re.search(rf"\b{re.escape(words)}\b", plain)
        if match is None:
            continue
        rest = f"{plain[: match.start()]} {plain[match.end() :]}".split()
        sides = [_SIDES[word] for word in rest if word in _SIDES and word != "one"]
        if len(set(sides)) > 1 or not all(word in _FILLERS or word in _SIDES for word in rest):
            return None
        return (sides[0] if sides else None), _CHIPS[words]
    return None


def read_back(text: str) -> int | None:
    """The candidate's number in "back to 3"; None otherwise."""
    match = _BACK.match(" ".join(text.lower().strip(" .!").split()))
    return int(match[1]) if match else None
