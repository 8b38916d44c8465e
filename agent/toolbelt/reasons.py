"""The inspection's reasons in the language of the talk: it writes them in English, once and for all."""

from __future__ import annotations

import re
from collections.abc import Sequence

_NUMBER = r"[+-]?\d+(?:\.\d+)?(?:e[+-]?\d+)?"
_GERMAN: tuple[tuple[str, str], ...] = (
    (
        r"score (?P<a>N) lies below the threshold (?P<b>N) and no region is left",
        "Wert {a} liegt unter der Schwelle {b}, und keine Stelle bleibt übrig",
    ),
    (
        r"score (?P<a>N) lies between the review threshold (?P<b>N) and the NG threshold (?P<c>N)",
        "Wert {a} liegt zwischen der Schwelle zum Ansehen {b} und der Schwelle {c}",
    ),
    (
        r"a region at (?P<zone>\w+) reaches (?P<a>N), between the review threshold (?P<b>N) and the NG threshold "
        r"(?P<c>N)",
        "eine Stelle ({zone}) erreicht {a}, zwischen der Schwelle zum Ansehen {b} und der Schwelle {c}",
    ),
    (
        r"score (?P<a>N) reaches the threshold (?P<b>N), though no region is left to show",
        "Wert {a} erreicht die Schwelle {b}, auch wenn keine Stelle zu zeigen übrig ist",
    ),
    (r"score (?P<a>N) reaches the threshold (?P<b>N)", "Wert {a} erreicht die Schwelle {b}"),
    (
        r"(?P<type>\w+) of (?P<a>N) (?P<unit>px|mm) at (?P<zone>\w+): highest score (?P<b>N), threshold (?P<c>N) "
        r"\((?P<why>.*)\)",
        "{type}, {a} {unit}, {zone}: höchster Wert {b}, Schwelle {c} ({why})",
    ),
    (
        r"(?P<a>N) times the distance from a good pixel to the threshold",
        "das {a}-Fache des Abstands eines guten Pixels von der Schwelle",
    ),
    (r"(?P<a>N)% of the picture's diagonal long", "so lang wie {a} % der Bilddiagonale"),
    (r"the picture is blank: it has no contrast at all", "das Bild ist leer: es hat keinen Kontrast"),
    (r"the picture is smaller than (?P<a>N) px", "das Bild ist kleiner als {a} px"),
    (r"the picture is much (?P<what>[\w ]+) than every good one", "das Bild ist viel {what} als jedes gute"),
    (
        r"the picture does not look like this product \(distance (?P<a>N), limit (?P<b>N)\)",
        "das Bild sieht nicht wie dieses Produkt aus (Abstand {a}, Grenze {b})",
    ),
    (
        r"the part has moved by about (?P<a>N) px in x and (?P<b>N) px in y",
        "das Teil ist um etwa {a} px in x und {b} px in y verschoben",
    ),
)
_COMPILED = tuple((re.compile(pattern.replace("N)", f"{_NUMBER})")), text) for pattern, text in _GERMAN)
_WHAT = {
    "darker": "dunkler", "brighter": "heller", "flatter": "flauer", "harsher": "härter", "more blurred": "unschärfer",
    "sharper": "schärfer", "paler": "blasser", "more coloured": "farbiger", "narrower": "schmaler", "wider": "breiter",
}  # fmt: skip


def reasons_in_words(reasons: Sequence[str], language: str) -> str:
    """Reasons of an inspection record as one line; what has no German words stays as it is."""
    return "; ".join(_german(reason) if language == "de" else reason for reason in reasons)


def _german(reason: str) -> str:
    for pattern, text in _COMPILED:
        match = pattern.fullmatch(reason)
        if match:
            return text.format_map({name: _word(name, value) for name, value in match.groupdict().items()})
    return reason


def _word(name: str, value: str) -> str:
    if name == "why":
        return _german(value)
    if name == "zone":
        return zone_name(value, "de")
    if name == "type":
        return type_name(value, "de")
    if name == "what":
        return _WHAT.get(value, value)
    return value.replace(".", ",")


def zone_name(zone: str, language: str) -> str:
    """A place on the photo for people; a zone of the user's own keeps its name."""
    from agent.wording import has_template, say

    key = f"value_{zone}"
    return say(key, language) if has_template(key, language) else zone


def type_name(name: str, language: str) -> str:
    """A region's type for people."""
    from agent.report.phrases import get_phrases

    return get_phrases(language if language in ("en", "de") else "en").type_name(name)
