"""How much a fit does: named amounts, each of which an option of its own overrules."""

from __future__ import annotations

import difflib
from dataclasses import dataclass

from tools.detection.errors import DetectionInputError


@dataclass(frozen=True)
class Amount:
    """`heads` trained for `steps` each on `examples` in all; a memory of `coreset` out of at most `max_patches`."""

    heads: int
    examples: int
    steps: int
    coreset: int
    max_patches: int


PRESETS = {
    "full": Amount(heads=3, examples=600, steps=300, coreset=6000, max_patches=400_000),
    "quick": Amount(heads=2, examples=200, steps=150, coreset=2000, max_patches=60_000),
}
"""`quick` fits 96 photos within a minute of one processor core."""


def amount_of(preset: str) -> Amount:
    """The amount of a name.

    Raises:
        DetectionInputError: there is none of this name.
    """
    if preset not in PRESETS:
        near = difflib.get_close_matches(str(preset), PRESETS, 1)
        hint = f"; did you mean {near[0]}?" if near else f"; there are {', '.join(PRESETS)}"
        raise DetectionInputError(f"supersimple has no preset {preset!r}{hint}")
    return PRESETS[preset]
