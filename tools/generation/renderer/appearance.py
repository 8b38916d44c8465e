"""From the Blueprint's words about looks (contrast, colour, gloss, edge) to renderer parameters."""

from __future__ import annotations

from tools.blueprint.model import Blueprint
from tools.generation.renderer.streams import unit
from tools.generation.renderer.tone import linear_colour

_COLOURS = {
    "black": (18, 18, 20), "white": (240, 240, 238), "grey": (128, 128, 128), "gray": (128, 128, 128),
    "red": (170, 40, 34), "brown": (96, 58, 34), "rust": (142, 74, 34), "orange": (205, 115, 40),
    "yellow": (205, 170, 60), "straw": (190, 160, 90), "green": (60, 120, 70), "blue": (52, 80, 150),
    "purple": (98, 62, 120), "violet": (98, 62, 120), "pink": (205, 130, 140), "beige": (200, 182, 150),
    "silver": (190, 192, 195), "gold": (190, 150, 70), "copper": (170, 100, 66),
}  # fmt: skip
_DARK = ("black", "dark", "brown", "rust", "burnt")
_LIGHT = ("white", "bright", "light", "pale", "silver", "shiny")
_EDGE = {"sharp": (0.8, 0.1), "soft": (5.0, 0.2), "ragged": (1.2, 1.0)}
_GLOSS = {"matt": 0.35, "matte": 0.35, "satin": 0.8, "glossy": 1.2}


def asked_colour(blueprint: Blueprint) -> tuple[float, float, float] | None:
    """The Blueprint's colour in linear RGB, or None where it names none that is known."""
    words = (blueprint.appearance.colour or "").lower().replace("-", " ").split()
    for word in words:
        if word in _COLOURS:
            return linear_colour(*_COLOURS[word])
        if word.endswith("ish") and word[:-3].rstrip("d") in _COLOURS:
            return linear_colour(*_COLOURS[word[:-3].rstrip("d")])
    return None


def apply_appearance(blueprint: Blueprint, values: dict[str, float], seed: int) -> dict[str, float]:
    """Parameter values with the Blueprint's appearance in them; `style` keeps the last word.

    Args:
        blueprint: `appearance`.
        values: resolved parameters.
        seed: draws within the range of `appearance.contrast`.
    """
    look, done = blueprint.appearance, dict(values)

    def put(name: str, value: float) -> None:
        if name in done and name not in blueprint.style:
            done[name] = value

    if look.contrast is not None:
        put("contrast", look.contrast.min + unit(seed, "contrast") * (look.contrast.max - look.contrast.min))
    elif look.colour and "contrast" in done:
        words = look.colour.lower()
        if any(word in words for word in _DARK):
            put("contrast", -max(abs(done["contrast"]), 0.2))
        elif any(word in words for word in _LIGHT):
            put("contrast", max(abs(done["contrast"]), 0.2))
    if look.edge in _EDGE:
        softness, raggedness = _EDGE[look.edge]
        put("edge_px", softness)
        put("raggedness", raggedness)
    if look.gloss in _GLOSS:
        put("texture", _GLOSS[look.gloss])
        put("shine", 0.5 if look.gloss == "glossy" else 0.0)
    return done
