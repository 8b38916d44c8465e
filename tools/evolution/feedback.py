"""What feedback in words means for the looks, where no reference picture says it in numbers."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping

from tools.scoring.appearance import SCALES, Looks
from tools.scoring.case import Term

_SIZE = re.compile(r"(?:length|width|diameter) ([\d.]+)x too (large|small)")


def gaps_of_feedback(found: Mapping[str, Term], looks: Looks | None) -> dict[str, float]:
    """Signed gaps, in scales, that the terms' feedback asks to close: positive is too much.

    "hardly visible" asks for more contrast of the same sign, "contrast too strong" for less, "edges sharper than this
    camera" for softer ones, "too clean" for more texture, "width 2.1x too large" for a smaller size.
    """
    gaps: dict[str, float] = {}
    sign = -1.0 if looks is None or looks.contrast <= 0 else 1.0
    visibility = found.get("visibility")
    if visibility is not None and visibility.score < 1 and visibility.feedback:
        amount = 0.5 + 2.5 * (1 - visibility.score)
        gaps["contrast"] = sign * (amount if "too strong" in visibility.feedback else -amount)
    sharpness, grain = found.get("sharpness"), found.get("grain")
    if sharpness is not None and sharpness.score < 1:
        gaps["softness"] = -(0.5 + 2 * (1 - sharpness.score))
    if grain is not None and grain.score < 1:
        gaps["texture"] = (1.0 if "noisy" in grain.feedback else -1.0) * (0.5 + 2 * (1 - grain.score))
    geometry = found.get("geometry")
    size = _SIZE.search(geometry.feedback) if geometry is not None else None
    if size is not None:
        ratio = float(size[1]) if size[2] == "large" else 1 / float(size[1])
        gaps["size"] = math.log(max(ratio, 1e-3)) / SCALES["size"]
    return gaps
