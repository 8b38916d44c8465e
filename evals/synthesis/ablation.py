"""What each feature of the renderer adds: the same training with the feature switched off."""

from __future__ import annotations

from collections.abc import Mapping

WORDS_ONLY = "words_only"
"""The five sentences alone, without style ranges: every parameter as the renderer draws it by default."""

SWITCHES: Mapping[str, Mapping[str, float]] = {
    "no_camera_match": {"match_camera": 0},
    "hard_edges": {"edge_px": 0.3},
    "plain_outlines": {
        "irregularity": 0, "raggedness": 0, "meander": 0, "kinks": 0, "branches": 0, "width_variation": 0,
        "void_shape": 0,
    },
    "no_relief": {"depth": 0, "rim": 0, "lip": 0, "halo": 0},
    "flat_fill": {
        "texture": 0, "streaks": 0, "mottle": 0, "ripples": 0, "granular": 0, "facets": 0, "flecks": 0, "closing": 0,
    },
}  # fmt: skip
"""Name → parameters of every type that has them."""
