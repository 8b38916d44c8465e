"""The Blueprint as a card: every field with its value and where it came from, as HTML."""

from __future__ import annotations

from html import escape

from agent.events import BlueprintEvent
from tools.blueprint.model import Blueprint, CountRange, Origin, Range, Severity
from tools.blueprint.registry import DEFECT_TYPES

FIELDS = (
    ("defect_type", "Defect"),
    ("severity", "Severity"),
    ("count", "Count"),
    ("geometry.length_mm", "Length"),
    ("geometry.width_mm", "Width"),
    ("geometry.depth_mm", "Depth"),
    ("geometry.diameter_mm", "Diameter"),
    ("geometry.orientation_deg", "Orientation"),
    ("geometry.curvature", "Curvature"),
    ("placement.zone", "Place"),
    ("placement.box", "Area"),
    ("placement.distribution", "Spread"),
    ("material", "Material"),
    ("finish", "Finish"),
    ("part", "Part"),
    ("appearance.contrast", "Contrast"),
    ("appearance.colour", "Colour"),
    ("appearance.gloss", "Gloss"),
    ("appearance.edge", "Edge"),
    ("mm_per_px", "Scale"),
)
ALWAYS = frozenset(
    {"defect_type", "material", "count", "severity", "geometry.length_mm", "geometry.width_mm", "placement.zone"}
    | {"mm_per_px"}
)
"""Shown even when unknown: what the agent would ask for."""
EDITS = {
    "defect_type": "change the defect to a {value}",
    "severity": "change the severity to {value}",
    "count": "change the count to {value}",
    "geometry.length_mm": "change the length to {value} mm",
    "geometry.width_mm": "change the width to {value} mm",
    "geometry.depth_mm": "change the depth to {value} mm",
    "geometry.diameter_mm": "change the diameter to {value} mm",
    "geometry.orientation_deg": "change the orientation to {value} degrees",
    "placement.zone": "change the place to {value}",
    "material": "change the material to {value}",
    "appearance.colour": "change the colour to {value}",
    "mm_per_px": "scale: {value} mm per pixel",
}
"""Field path → the sentence that sets it: an edit of the card is said in the conversation, the one record."""
SEVERITIES = tuple(each.value for each in Severity)
ZONES = (
    "top left", "top", "top right", "left", "center", "right", "bottom left", "bottom", "bottom right", "edge",
)  # fmt: skip
UNITS = {"mm": " mm", "deg": "°", "mm_per_px": " mm/px"}
ORIGINS = {
    Origin.SAID: "you said so",
    Origin.INFERRED: "inferred from what you said",
    Origin.DEFAULT: "the usual value; nobody said otherwise",
    Origin.EDITED: "set by you by hand or by refining",
    Origin.UNKNOWN: "not known yet",
}


def value_of(blueprint: Blueprint, path: str) -> object:
    """The value of a field by its path."""
    found: object = blueprint
    for name in path.split("."):
        found = getattr(found, name)
    return found


def words_of(path: str, value: object) -> str:
    """A value for people, with its unit."""
    unit = UNITS.get(path, UNITS.get(path.rsplit("_", 1)[-1], ""))
    if value is None:
        return "—"
    if isinstance(value, (Range, CountRange)):
        low, high = f"{value.min:g}", f"{value.max:g}"
        return f"{low}{unit}" if low == high else f"{low} – {high}{unit}"
    if isinstance(value, float):
        return f"{value:g}{unit}"
    if isinstance(value, tuple):
        return " ".join(f"{each:g}" for each in value)
    return str(value).replace("_", " ")


def with_scale(event: BlueprintEvent) -> Blueprint:
    """The Blueprint as its card shows it: with the scale of the part's photos, where it names none of its own."""
    blueprint = event.blueprint
    if blueprint.mm_per_px is not None or event.mm_per_px is None:
        return blueprint
    origin = {**blueprint.origin, "mm_per_px": Origin(event.scale_origin)}
    return blueprint.model_copy(update={"mm_per_px": event.mm_per_px, "origin": origin})


def blueprint_card(blueprint: Blueprint | None) -> str:
    """The card; a hint where there is no Blueprint yet."""
    if blueprint is None:
        return (
            '<section class="rr-card rr-empty-card" aria-label="Blueprint"><h2>Blueprint</h2>'
            "<p>Describe a defect, and every property that was understood appears here, with where it came from.</p>"
            "</section>"
        )
    rows = []
    for path, label in FIELDS:
        value = value_of(blueprint, path)
        if value is None and path not in ALWAYS:
            continue
        origin = Origin.UNKNOWN if value is None else blueprint.origin.get(path, Origin.UNKNOWN)
        rows.append(_row(path, label, words_of(path, value), origin))
    title = (blueprint.defect_type or "defect").replace("_", " ")
    return (
        f'<section class="rr-card" aria-label="Blueprint"><header><h2>Blueprint</h2>'
        f'<span class="rr-version">{escape(title)} · version {blueprint.version}</span></header>'
        f'<dl class="rr-fields">{"".join(rows)}</dl>{_legend()}</section>'
    )


def _row(path: str, label: str, words: str, origin: Origin) -> str:
    value = f"<b>{escape(words)}</b>"
    if path in EDITS:
        choices = {"defect_type": tuple(DEFECT_TYPES), "severity": SEVERITIES, "placement.zone": ZONES}.get(path, ())
        options = escape("|".join(choice.replace("_", " ") for choice in choices))
        value = (
            f'<button type="button" class="rr-value" data-edit="{escape(EDITS[path])}" data-options="{options}" '
            f'aria-label="{label}: {escape(words)}. Change it">{value}</button>'
        )
    return (
        f'<div class="rr-field" data-field="{path}"><dt>{label}</dt><dd>{value}'
        f'<span class="rr-chip rr-{origin.value}" title="{ORIGINS[origin]}">{origin.value}</span></dd></div>'
    )


def _legend() -> str:
    words = (
        "Click a value to change it; the change is said in the conversation. Each chip says where a value came from."
    )
    return f'<p class="rr-note">{words}</p>'
