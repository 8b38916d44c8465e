"""The good photos of a sculpted data set: copied in as PNG, dealt to the two splits, each photo once."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from tools.datasets.errors import DatasetError
from tools.datasets.layout import Layout
from tools.datasets.model import GOOD, Entry
from tools.vision.errors import ImageError
from tools.vision.images import content_hash, load_image, save_png

HELD_OUT_SHARE = {"mvtec": 0.4}
"""Share of the photos in the second split; 0.2 where a format is not named."""


@dataclass(frozen=True)
class Source:
    """One good photo inside the data set. `photo`: the user's file name; `sha256`: of the pixels."""

    entry: Entry
    photo: str
    sha256: str


def copy_sources(good: Sequence[Path], root: Path, layout: Layout, *, seed: int) -> tuple[list[Source], list[str]]:
    """Copy usable photos into the data set and say which were left out and why.

    Photos with the same pixels count once. The order of `good` does not matter: photos are sorted by file name and
    pixels, and a seed deals them to the splits. One photo alone goes to both splits, for readers that want both.

    Raises:
        DatasetError: no photo can be used.
    """
    if not good:
        raise DatasetError("there are no good photos; name a folder that holds at least one")
    found, skipped = _survey(good)
    if not found:
        raise DatasetError(f"none of the {len(good)} good photos can be used; the first: {skipped[0]}")
    larger, smaller = layout.sculpted_splits
    share = HELD_OUT_SHARE.get(layout.name, 0.2)
    n_held = max(1, round(share * len(found))) if len(found) > 1 else 0
    held = set(np.random.default_rng((seed, 1)).permutation(len(found))[:n_held].tolist())
    sources = []
    for index, (path, digest) in enumerate(found):
        splits = [smaller if index in held else larger] if len(found) > 1 else [larger, smaller]
        for split in splits:
            entry = layout.place(f"{_stem(path)}-{digest[:10]}", GOOD, split)
            if not (root / entry.image).exists():
                save_png(root / entry.image, load_image(path))
            sources.append(Source(entry, path.name, digest))
    return sources, skipped


def _survey(good: Iterable[Path]) -> tuple[list[tuple[Path, str]], list[str]]:
    """Usable photos with their pixel hashes, sorted; and a line for each of the others."""
    found: dict[str, Path] = {}
    skipped = []
    for path in sorted(set(good), key=lambda path: (path.name, str(path))):
        try:
            digest = content_hash(load_image(path))
        except ImageError as error:
            skipped.append(str(error))
            continue
        if digest in found:
            skipped.append(f"{path.name} has the same pixels as {found[digest].name}")
            continue
        found[digest] = path
    return sorted(((path, digest) for digest, path in found.items()), key=lambda pair: (pair[0].name, pair[1])), skipped


def _stem(path: Path) -> str:
    """The file name without characters that a reader could stumble over."""
    return "".join(char if char.isalnum() or char in "-_" else "_" for char in path.stem)[:60]


def drawing_order(sources: Sequence[Source], layout: Layout, count: int, *, seed: int) -> list[int]:
    """Which source each of `count` images is drawn on: all equally often, in shuffled rounds.

    For MVTec only the held-out photos: a detector fitted on `train/good` must not have seen the test's backgrounds.
    """
    usable = [
        index
        for index, source in enumerate(sources)
        if layout.name != "mvtec" or source.entry.split == layout.sculpted_splits[1]
    ]
    rng = np.random.default_rng((seed, 2))
    order: list[int] = []
    while len(order) < count:
        order += [usable[position] for position in rng.permutation(len(usable))]
    return order[:count]


def fingerprint(sources: Sequence[Source]) -> str:
    """One hash for the photos and their places."""
    lines = [f"{source.entry.image} {source.sha256}" for source in sources]
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()
