"""What a depth in millimetres does to the picture: steeper relief and a stronger mark.

A flank that falls by the depth over half the defect's width has a slope of depth over half width; the relief of every
type is steepest at a slope of about 0.4 where its `depth` is 1.
"""

from __future__ import annotations

from collections.abc import Collection

from tools.generation.renderer.kind import Sizes

_SLOPE_AT_ONE = 0.4
_DEEPEST = 3.0


def deepened(values: dict[str, float], said: Collection[str], sizes: Sizes) -> tuple[dict[str, float], float]:
    """Parameter values and a factor on the visibility for the depth that was asked for.

    Args:
        values: of every parameter.
        said: names that the Blueprint's style sets; they stay.
        sizes: of the instance; nothing changes where `depth_px` is None.
    """
    if sizes.depth_px is None:
        return values, 1.0
    slope = sizes.depth_px / max(0.5 * sizes.width_px, 0.5)
    if "depth" in values and "depth" not in said:
        values = {**values, "depth": min(max(slope / _SLOPE_AT_ONE, 0.05), _DEEPEST)}
    # Deeper ground gets less light: half as strong where it is nearly flat, a third more where it is a pit.
    return values, 0.5 + 0.85 * min(slope, 1.0)
