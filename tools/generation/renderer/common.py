"""Parameters that every type has."""

from __future__ import annotations

from tools.generation.renderer.parameter import Parameter

COMMON: tuple[Parameter, ...] = (
    Parameter(
        "position_spread",
        0.05,
        1.0,
        1.0,
        "share of the part's sides, around its middle, for centres",
    ),
    Parameter("overlap", 0.0, 1.0, 0.0, "1 lets instances overlap", integer=True),
    Parameter("match_camera", 0.0, 1.0, 1.0, "0 leaves out the photo's noise and JPEG", integer=True),
    Parameter("size_factor", 0.2, 4.0, 1.0, "factor on lengths that nobody said"),
    Parameter("width_factor", 0.3, 3.0, 1.0, "factor on widths that nobody said"),
)
