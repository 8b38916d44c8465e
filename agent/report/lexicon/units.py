"""Units as they are written after a number, in every language."""

from __future__ import annotations

import re

Pattern = re.Pattern[str]
_END = r"(?![A-Za-zÀ-ÿ0-9_²])"
"""A Korean particle may be written onto a unit, a Latin letter may not."""


def _after(text: str) -> Pattern:
    return re.compile(rf"[\s-]*(?:{text})", re.IGNORECASE)


def units(*, times: str, percent: str, degrees: str, pixels: str) -> dict[str, tuple[Pattern, str, float]]:
    """The table of a language; squares come first, since `mm` is the start of `mm²`."""
    square = (
        rf"(?:square[\s-]*millimet(?:er|re)s?|quadratmillimeter[n]?|mm\s?(?:²|\^2)|mm2|sq\.?\s?mm|제곱밀리미터){_END}"
    )
    return {
        "mm2": (_after(square), "mm2", 1.0),
        "cm2": (_after(rf"(?:square[\s-]*centimet(?:er|re)s?|cm\s?(?:²|\^2)|cm2){_END}"), "mm2", 100.0),
        "px2": (_after(rf"(?:square[\s-]*pixels?|quadratpixel[n]?|px\s?(?:²|\^2)|px2){_END}"), "px2", 1.0),
        "mm": (_after(rf"(?:mm|millimet(?:er|re)[sn]?|밀리미터){_END}"), "mm", 1.0),
        "um": (
            _after(rf"(?:[µμ]m|um(?!\s+\d)|microns?|micromet(?:er|re)s?|mikrometer[n]?|마이크로미터){_END}"),
            "mm",
            1e-3,
        ),
        "cm": (_after(rf"(?:cm|centimet(?:er|re)s?|zentimeter[n]?|센티미터){_END}"), "mm", 10.0),
        "in": (_after(rf"(?:inch(?:es)?|zoll|in\.|\"|″|인치){_END}"), "mm", 25.4),
        "m": (_after(rf"(?:m|met(?:er|re)s?){_END}"), "mm", 1000.0),
        "px": (_after(rf"(?:px|{pixels}){_END}"), "px", 1.0),
        "%": (_after(rf"(?:%|{percent})"), "%", 1.0),
        "deg": (_after(rf"(?:°(?!\s?[cfk])|{degrees})"), "deg", 1.0),
        "x": (_after(rf"(?:{times})"), "x", 1.0),
        "other": (
            _after(
                rf"(?:°\s?[cfk]|bar|mbar|k?pa|mpa|[km]?n|k?g|mg|kg|[mk]?hz|rpm|u/min|volts?|amps?|kw|w|v|a|"
                rf"ms|s|sec(?:onds?)?|sekunden?|min(?:utes?)?|minuten?|h|hours?|stunden?|days?|tagen?|weeks?|wochen?|"
                rf"shifts?|schichten|batch(?:es)?|lots?|chargen?|db|ppm|dpi|시간|분|초|일){_END}"
            ),
            "other",
            1.0,
        ),
    }
