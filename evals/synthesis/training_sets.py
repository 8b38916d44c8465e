"""The training set of each method: the same good photos, the same augmentation, another way to spoil them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

import numpy as np

from evals.synthesis.augment import augment
from evals.synthesis.baselines import BASELINES
from evals.synthesis.stacks import Stack, stack_of
from evals.synthesis.tiles import Tile, load_tile
from tools.vision.types import Mask, RgbImage

GOOD_SHARE = 0.4
"""Share of training images without a defect."""

Maker = Callable[[int, np.random.Generator], tuple[RgbImage, Mask, str]]
"""Number of the defect image and a generator to image, mask and kind, at the photo's own size."""


def baseline_maker(name: str, good: Sequence[Tile]) -> Maker:
    """Spoil random good photos by CutPaste, NSA or DRAEM."""
    photos = _Photos(good)

    def make(index: int, rng: np.random.Generator) -> tuple[RgbImage, Mask, str]:
        del index
        mask = np.zeros((1, 1), np.uint8)
        while not mask.any():
            image, mask = BASELINES[name](photos.draw(rng), photos.draw(rng), rng)
        return image, mask, name

    return make


def real_maker(defects: Sequence[Tile]) -> Maker:
    """Real defects, each class as often as the others, photos in turn; those with an empty mask are left out."""
    loaded: dict[str, list[tuple[RgbImage, Mask]]] = {}
    for tile in defects:
        image, mask = load_tile(tile)
        if mask.any():
            loaded.setdefault(tile.kind, []).append((image, mask))
    kinds = sorted(loaded)

    def make(index: int, rng: np.random.Generator) -> tuple[RgbImage, Mask, str]:
        kind = kinds[index % len(kinds)]
        image, mask = loaded[kind][int(rng.integers(len(loaded[kind])))]
        return image, mask, kind

    return make


def training_stack(make: Maker, good: Sequence[Tile], count: int, *, seed: int) -> Stack:
    """`count` augmented working-size images, `GOOD_SHARE` of them good; image i depends on the seed and i alone."""
    photos = _Photos(good)
    n_good = round(GOOD_SHARE * count)

    def items() -> Iterator[tuple[RgbImage, Mask, str]]:
        for index in range(count):
            rng = np.random.default_rng((seed, index))
            if index < n_good:
                image = photos.draw(rng)
                mask, kind = np.zeros(image.shape[:2], np.uint8), "good"
            else:
                image, mask, kind = make(index - n_good, rng)
            yield (*augment(image, mask, rng), kind)

    return stack_of(items())


class _Photos:
    """Good photos, decoded once."""

    def __init__(self, tiles: Sequence[Tile]) -> None:
        self._tiles = tiles
        self._decoded: dict[int, RgbImage] = {}

    def draw(self, rng: np.random.Generator) -> RgbImage:
        index = int(rng.integers(len(self._tiles)))
        if index not in self._decoded:
            self._decoded[index] = load_tile(self._tiles[index])[0]
        return self._decoded[index]
