"""The magnetic tiles as training examples: real ones, and those that five sentences sculpt."""

from __future__ import annotations

from collections.abc import Sequence

from evals.synthesis.sculpted import Sculptor
from evals.synthesis.tiles import Tile, load_tile, to_working_size
from evals.synthesis.training_sets import training_stack
from tools.segmentation.examples import Example


def real_example(tile: Tile) -> Example:
    """A photo with its mask at its own size; specimens are groups."""
    image, mask = load_tile(tile)
    return Example(image, mask, tile.kind, tile.path.stem, str(tile.specimen))


def small_example(tile: Tile) -> Example:
    """The same at the working size of the synthesis evaluation."""
    image, mask = to_working_size(*load_tile(tile))
    return Example(image, mask, tile.kind, tile.path.stem, str(tile.specimen))


def sculpted_examples(good: Sequence[Tile], count: int, *, seed: int) -> list[Example]:
    """`count` images of the synthesis evaluation's own training set: good photos and sculpted defects, no real one."""
    stack = training_stack(Sculptor(good), good, count, seed=seed)
    return [
        Example(image, mask, kind, f"sculpted-{index}", f"sculpted-{index}")
        for index, (image, mask, kind) in enumerate(zip(stack.images, stack.masks, stack.kinds, strict=True))
    ]
