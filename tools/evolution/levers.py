"""Which renderer parameters move which look, and by how much: what turns feedback into an edit."""

from __future__ import annotations

LEVERS: dict[str, tuple[tuple[str, float], ...]] = {
    "contrast": (("contrast", 1.0), ("brightness_factor", 1.0)),
    "texture": (("mottle", 4.0), ("texture", 4.0), ("striations", 4.0), ("width_variation", 2.0), ("roughness", 4.0)),
    "softness": (("edge_px", 3.0), ("closing", 1.0), ("fading", 1.0)),
    "raggedness": (("raggedness", 1.2), ("irregularity", 1.2), ("wobble", 0.6), ("meander", 0.8)),
    "size": (("size_factor", 1.0),),
    "tint": (("tint", 4.0),),
}
"""Look → parameters that may move it (the first that the type has is believed to), and the parameter's change for a
change of 1 in the look. Rough on purpose: `response` corrects them by what the pictures show."""

CHIPS: dict[str, tuple[str, float]] = {
    "too wide": ("size", 1.0), "too large": ("size", 1.0), "too small": ("size", -1.0), "too dark": ("contrast", -1.0),
    "too bright": ("contrast", 1.0), "too regular": ("raggedness", -1.0), "too ragged": ("raggedness", 1.0),
    "edge too sharp": ("softness", -1.0), "edge too soft": ("softness", 1.0), "too even": ("texture", -1.0),
    "too mottled": ("texture", 1.0), "too colourful": ("tint", 1.0), "too colourless": ("tint", -1.0),
}  # fmt: skip
"""Reason chip → look and the sign of its gap. "wrong place" and "not this material" are edits of the Blueprint."""
