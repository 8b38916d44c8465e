"""How bad a region is where no acceptance rule says so: a help for sorting, not a specification.

Two clues, the worse wins: how far the score passes the threshold (in widths from a typical good pixel to the
threshold), and the region's length as a share of the picture's diagonal.
"""

from __future__ import annotations

import math

from tools.blueprint.model import Severity
from tools.detection.regions import Region

STEPS = tuple(each.value for each in Severity)
EXCESS = (1.3, 2.0, 3.5)
"""Ends of the first three steps, in threshold widths."""
LENGTH_SHARE = (0.05, 0.15, 0.35)


def heuristic_severity(region: Region, *, threshold: float, baseline: float, shape: tuple[int, int]) -> tuple[str, str]:
    """Severity and the clue that decided.

    Args:
        region: measured on a picture of `shape` (height, width).
        threshold: the pixel threshold; `baseline` below it is the score of a typical good pixel.
    """
    excess = (region.score_max - baseline) / max(threshold - baseline, 1e-9)
    share = region.length_px / math.hypot(*shape)
    by_score = sum(excess >= step for step in EXCESS)
    by_length = sum(share >= step for step in LENGTH_SHARE)
    if by_length > by_score:
        return STEPS[by_length], f"{share:.0%} of the picture's diagonal long"
    return STEPS[by_score], f"{excess:.1f} times the distance from a good pixel to the threshold"
