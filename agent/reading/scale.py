"""Reads a scale: "one pixel is 0.05 mm", "20 px per mm", "the photo shows 64 x 48 mm"."""

from __future__ import annotations

import re

_NUMBER = r"(\d+(?:[.,]\d+)?)"
_UNIT = r"(mm|cm|µm|μm|um|microns?|micromet(?:er|re)s?|mikrometern?|millimet(?:er|re)s?|millimetern?|inch(?:es)?|in)"
_PER_PIXEL = re.compile(rf"{_NUMBER}\s*{_UNIT}\s*(?:per|/|pro|a|je|in (?:a|one|einem))\s*(?:px|pixels?)", re.I)
_PIXEL_IS = re.compile(
    r"(?:\b(?:px|pixel)s?\b(?: size| pitch)?|pixelgröße|mm[/ ](?:per )?px|scale|maßstab|massstab)\b.{0,40}?"
    rf"{_NUMBER}\s*{_UNIT}?",
    re.I,
)
_PIXELS_ARE = re.compile(
    rf"{_NUMBER}\s*(?:px|pixels?n?)\s*(?:is|are|=|make|per|/|to|for|sind|ist|pro|entsprechen|entspricht|auf)\s*"
    r"(?:every |each |about |etwa |ca\.? )?(\d+(?:[.,]\d+)?|one|a|an|einen?|einem)?\s*"
    rf"{_UNIT}\b",
    re.I,
)
_LENGTH_IS_PIXELS = re.compile(
    rf"{_NUMBER}\s*{_UNIT}\s*(?:is|are|=|sind|entspricht|entsprechen)\s*{_NUMBER}\s*(?:px|pixels?)", re.I
)
_OTHER_UNIT = re.compile(
    r"\s*(?!(?:per|pro|px|pixels?|mm|and|und|then|dann|please|bitte|i|ich|or|oder|for|für|in|on|so|here|hier|now|jetzt|is|ist)\b)"
    r"[^\W\d_]",
    re.I,
)
"""`1 pixel is 5 bananas`: a word that stands where the unit would."""
_AREA = re.compile(rf"{_NUMBER}\s*(?:mm|cm)?\s*(?:x|×|by|mal)\s*{_NUMBER}\s*(mm|cm)", re.I)
_EXTENT = re.compile(rf"{_NUMBER}\s*{_UNIT}\b", re.I)
_TALL = re.compile(r"\b(tall|high|height|hoch|höhe|top to bottom)\b", re.I)
_UNIT_NAMES = {"millimetern": "mm", "millimeter": "mm", "mikrometern": "µm", "mikrometer": "µm", "μm": "µm", "um": "µm"}


def read_scale(text: str) -> dict[str, float] | None:
    """Arguments of `set_scale`: `mm_per_px`, or `width_mm` / `height_mm` of what the photo shows; None if not said."""
    if _PIXELS_ARE.search(text) or _PER_PIXEL.search(text) or _PIXEL_IS.search(text) or _LENGTH_IS_PIXELS.search(text):
        value = _millimetres_a_pixel(text)
        return {"mm_per_px": value} if value > 0 else None
    area = _AREA.search(text)
    if area:
        return {"width_mm": _mm(area[1], area[3]), "height_mm": _mm(area[2], area[3])}
    extent = _EXTENT.search(text)
    value = _mm(extent[1], extent[2]) if extent else 0.0
    return {"height_mm" if _TALL.search(text) else "width_mm": value} if value > 0 else None


def _millimetres_a_pixel(text: str) -> float:
    """0 where the numbers make no scale."""
    found = _LENGTH_IS_PIXELS.search(text)
    if found:
        return _mm(found[1], found[2]) / _float(found[3]) if _float(found[3]) else 0.0
    found = _PER_PIXEL.search(text)
    if found:
        return _mm(found[1], found[2])
    found = _PIXELS_ARE.search(text)
    if found:
        length = found[2] if found[2] and found[2][0].isdigit() else "1"
        return _mm(length, found[3]) / _float(found[1]) if _float(found[1]) else 0.0
    found = _PIXEL_IS.search(text)
    if found is None or (found[2] is None and _OTHER_UNIT.match(text, found.end())):
        return 0.0
    return _mm(found[1], found[2] or "mm")


def _float(text: str) -> float:
    return float(text.replace(",", "."))


def _mm(value: str, unit: str) -> float:
    from tools.blueprint.units import to_mm

    plain = unit.lower()
    return to_mm(_float(value), _UNIT_NAMES.get(plain, plain))
