"""A segmenter against examples with masks, at the photos' own size."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from tools.datasets.model import GOOD
from tools.segmentation.errors import SegmentationInputError
from tools.segmentation.examples import Example
from tools.segmentation.metrics import Tally
from tools.segmentation.segmenter import Segmenter


def evaluate(
    segmenter: Segmenter,
    examples: Sequence[Example],
    *,
    threshold: float | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> dict[str, Any]:
    """The figures of `Tally.summary` with the threshold; defect photos with an empty mask are left out and counted.

    Raises:
        SegmentationInputError: the threshold is not between 0 and 1, or no example has a mask.
    """
    cut = segmenter.card.threshold if threshold is None else threshold
    if not 0 < cut < 1:
        raise SegmentationInputError(f"the threshold {cut:g} must lie between 0 and 1")
    usable = [each for each in examples if each.label == GOOD or not each.is_good]
    if not usable:
        raise SegmentationInputError("no example has a mask to compare with; add masks to the data set")
    tally = Tally(cut)
    for number, each in enumerate(usable, start=1):
        found = segmenter.predict([each.image], threshold=cut)[0]
        tally.add(found.probability, each.mask, each.label, found.regions[0].type if found.regions else None)
        if progress is not None:
            progress(number, len(usable))
    return {"threshold": cut, "without_mask": len(examples) - len(usable), **tally.summary()}
