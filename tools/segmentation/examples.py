"""Where training examples come from: data sets of any format, Blueprints drawn on the fly, and mixtures of both.

An example depends on its generator alone, so that a run can be repeated, resumed and spread over processes.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import cv2
import numpy as np

from tools.blueprint.model import Blueprint
from tools.datasets.lineage import FILE, read_lineage
from tools.datasets.model import GOOD
from tools.datasets.registry import recognise
from tools.generation.errors import BlueprintDoesNotFitError
from tools.generation.protocol import Generator
from tools.segmentation.errors import SegmentationInputError
from tools.vision.types import Mask, RgbImage

KEEP_SHARE = 1.5
"""Photos are kept in memory at up to this many times the longer side of the training size."""
TRIES = 50
Maker = Callable[[int, np.random.Generator], tuple[RgbImage, Mask, str]]


@dataclass(frozen=True)
class Example:
    """`image` uint8 H x W x 3, `mask` uint8 H x W 0/255, `label` is `good` or the defect's class.

    Examples of one `group` show the same part (or were drawn on the same photo) and stay on one side of a split.
    """

    image: RgbImage
    mask: Mask
    label: str
    name: str = ""
    group: str = ""

    @property
    def is_good(self) -> bool:
        """No defect is marked."""
        return not self.mask.any()


class Source(Protocol):
    """Gives defects and good photos, at random or in turn."""

    @property
    def classes(self) -> tuple[str, ...]:
        """Labels of its defects, sorted."""
        ...

    def defect(self, rng: np.random.Generator) -> Example | None:
        """A random defect, each class as likely as the others; None where it has none."""
        ...

    def good(self, rng: np.random.Generator) -> Example | None:
        """A random photo without a defect; None where it has none."""
        ...


class Held:
    """Examples in memory; a `Source`."""

    def __init__(self, examples: Sequence[Example]) -> None:
        """Sort them by class; a defect image with an empty mask is left out, because nobody knows what it shows."""
        self.examples = [each for each in examples if each.label == GOOD or not each.is_good]
        self._good = [each for each in self.examples if each.is_good]
        self._by_class: dict[str, list[Example]] = {}
        for each in self.examples:
            if not each.is_good:
                self._by_class.setdefault(each.label, []).append(each)
        self.classes: tuple[str, ...] = tuple(sorted(self._by_class))

    def __len__(self) -> int:
        return len(self.examples)

    def defect(self, rng: np.random.Generator) -> Example | None:
        """See `Source.defect`."""
        if not self.classes:
            return None
        members = self._by_class[self.classes[int(rng.integers(len(self.classes)))]]
        return members[int(rng.integers(len(members)))]

    def good(self, rng: np.random.Generator) -> Example | None:
        """See `Source.good`."""
        return self._good[int(rng.integers(len(self._good)))] if self._good else None


class Stream:
    """Blueprints drawn on good photos, anew for each example; a `Source`."""

    def __init__(self, blueprints: Sequence[Blueprint], photos: Sequence[RgbImage], generator: Generator) -> None:
        """Draw with this generator.

        Raises:
            SegmentationInputError: no Blueprint with a defect type, or no photo.
        """
        if not photos:
            raise SegmentationInputError("no photo of a good part to draw on; name a folder that holds some")
        if not blueprints or any(each.defect_type is None for each in blueprints):
            raise SegmentationInputError("a Blueprint without a defect type cannot be drawn; say which defect it is")
        self._blueprints, self._photos, self._generator = list(blueprints), list(photos), generator
        self.classes: tuple[str, ...] = tuple(sorted({str(each.defect_type) for each in blueprints}))

    def defect(self, rng: np.random.Generator) -> Example | None:
        """See `Source.defect`.

        Raises:
            SegmentationInputError: the Blueprint fits none of the photos.
        """
        blueprint = self._blueprints[int(rng.integers(len(self._blueprints)))]
        reason = ""
        for _ in range(TRIES):
            index = int(rng.integers(len(self._photos)))
            try:
                drawn = self._generator.generate(blueprint, self._photos[index], int(rng.integers(2**62)))
            except BlueprintDoesNotFitError as error:
                reason = str(error)
                continue
            return Example(drawn.image, drawn.mask, str(blueprint.defect_type), group=str(index))
        raise SegmentationInputError(f"{blueprint.defect_type} fits none of {TRIES} photos tried; the last: {reason}")

    def good(self, rng: np.random.Generator) -> Example | None:
        """See `Source.good`."""
        photo = self._photos[int(rng.integers(len(self._photos)))]
        return Example(photo, np.zeros(photo.shape[:2], np.uint8), GOOD)


class Made:
    """Any function that makes image, mask and class; a `Source` for baselines and evaluations."""

    def __init__(self, make: Maker, classes: Sequence[str]) -> None:
        """`make` gets a number, whose remainder by the number of classes may choose the class, and a generator."""
        self._make = make
        self.classes: tuple[str, ...] = tuple(sorted(classes))

    def defect(self, rng: np.random.Generator) -> Example | None:
        """See `Source.defect`."""
        return Example(*self._make(int(rng.integers(len(self.classes))), rng))

    def good(self, rng: np.random.Generator) -> Example | None:
        """It has none."""
        del rng
        return None


class Mixed:
    """Real and sculpted defects at a ratio; a `Source`."""

    def __init__(self, real: Source, synthetic: Source, synthetic_share: float) -> None:
        """`synthetic_share` of the defects are drawn from `synthetic`, 0 … 1."""
        self._real, self._synthetic, self._share = real, synthetic, synthetic_share
        self.classes: tuple[str, ...] = tuple(sorted({*real.classes, *synthetic.classes}))

    def defect(self, rng: np.random.Generator) -> Example | None:
        """See `Source.defect`."""
        first, second = self._real, self._synthetic
        if rng.random() < self._share:
            first, second = second, first
        return first.defect(rng) or second.defect(rng)

    def good(self, rng: np.random.Generator) -> Example | None:
        """See `Source.good`."""
        first, second = self._real, self._synthetic
        if rng.random() < 0.5:
            first, second = second, first
        return first.good(rng) or second.good(rng)


def read_examples(root: Path, *, size_hw: tuple[int, int], splits: Sequence[str] | None = None) -> list[Example]:
    """All samples of a data set of any format that `tools.datasets` reads, scaled to `KEEP_SHARE` of the training size.

    Args:
        root: the folder.
        size_hw: training size.
        splits: of `train`, `val`, `test`; all if not given.

    Raises:
        DatasetError: not a data set, or damaged.
        SegmentationInputError: nothing in it can be used.
    """
    groups = {Path(each.image).stem: each.source for each in read_lineage(root)} if (root / FILE).exists() else {}
    found = []
    for sample in recognise(root).read(root):
        if splits is not None and sample.split not in splits:
            continue
        mask = np.zeros(sample.image.shape[:2], np.uint8) if sample.mask is None else sample.mask
        if mask.shape != sample.image.shape[:2]:
            raise SegmentationInputError(
                f"{sample.name} of {root.name} is {sample.image.shape[1]} x {sample.image.shape[0]} px, its mask "
                f"{mask.shape[1]} x {mask.shape[0]}; they must be the same"
            )
        image, mask = fit_within(sample.image, mask, round(KEEP_SHARE * max(size_hw)))
        found.append(Example(image, mask, sample.label, sample.name, groups.get(sample.name, sample.name)))
    if not found:
        wanted = "" if splits is None else f" in {', '.join(splits)}"
        raise SegmentationInputError(f"{root} holds no sample{wanted}; check --data and --split")
    return found


def fit_within(image: RgbImage, mask: Mask, longest_px: int) -> tuple[RgbImage, Mask]:
    """Both scaled down so that no side is longer; smaller ones stay as they are."""
    height, width = mask.shape
    share = longest_px / max(height, width)
    if share >= 1:
        return image, mask
    size = (max(1, round(width * share)), max(1, round(height * share)))
    small = cv2.resize(image, size, interpolation=cv2.INTER_AREA)
    cover = cv2.resize(mask, size, interpolation=cv2.INTER_AREA)
    return np.asarray(small, np.uint8), np.where(cover > 127, 255, 0).astype(np.uint8)


def split_examples(examples: Sequence[Example], share: float, *, seed: int) -> tuple[list[Example], list[Example]]:
    """Two parts: the rest, and about `share` of the groups of each class; a group stays on one side.

    A class with a single group stays in the first part.
    """
    rng = np.random.default_rng((seed, 7))
    held: set[str] = set()
    for label in sorted({each.label for each in examples}):
        own = sorted({each.group or each.name for each in examples if each.label == label} - held)
        if len(own) > 1:
            held |= set(rng.permutation(own)[: max(1, round(share * len(own)))].tolist())
    kept = [each for each in examples if (each.group or each.name) not in held]
    apart = [each for each in examples if (each.group or each.name) in held]
    return (kept, apart) if kept else (apart, [])
