"""The real photos of the proof: magnetic tiles, grouped into specimens and split without leaks.

A specimen is photographed under up to six lights and cut into several crops; file names carry a frame number, and
frames of one specimen lie close together. Whole specimens go to one side of every split.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from tools.errors import BadInputError
from tools.vision.images import load_image
from tools.vision.types import Mask, RgbImage

CLASSES = ("blowhole", "break", "crack", "fray", "uneven")
FRAME_GAP = 200
"""Frames whose numbers lie further apart are taken for different specimens."""
SIZE_HW = (320, 256)
"""Working size: the tiles' median shape is 0.84 times as wide as high."""


@dataclass(frozen=True)
class Tile:
    """One photo: `kind` is `good` or a defect class; `mask_path` is None for good ones."""

    path: Path
    mask_path: Path | None
    kind: str
    specimen: int


@dataclass(frozen=True)
class Split:
    """`train_good` and `test_good` share no specimen, and no specimen with any of `defects`."""

    train_good: tuple[Tile, ...]
    test_good: tuple[Tile, ...]
    defects: tuple[Tile, ...]


def find_tiles(root: Path) -> list[Tile]:
    """All photos below `root` (`good/`, `defect/<class>/`, `masks/<class>/`), with their specimen numbers.

    Raises:
        BadInputError: the folder is not there.
    """
    if not (root / "good").is_dir():
        raise BadInputError(f"{root} holds no magnetic tiles (good/, defect/, masks/); set REDRABBIT_REAL_DATA")
    entries = [(_frame(path), "good", path) for path in sorted((root / "good").glob("*.jpg"))]
    for kind in CLASSES:
        entries += [(_frame(path), kind, path) for path in sorted((root / "defect" / kind).glob("*.jpg"))]
    entries.sort(key=lambda entry: (entry[0], str(entry[2])))
    tiles: list[Tile] = []
    specimen, last = -1, -FRAME_GAP - 1
    for frame, kind, path in entries:
        specimen += frame - last > FRAME_GAP
        last = frame
        mask = None if kind == "good" else root / "masks" / kind / f"{path.stem}.png"
        tiles.append(Tile(path, mask, kind, specimen))
    return tiles


def _frame(path: Path) -> int:
    found = re.search(r"num_(\d+)", path.stem)
    if found is None:
        raise BadInputError(f"{path.name} carries no frame number (exp<N>_num_<frame>.jpg); use the published names")
    return int(found.group(1))


def split_tiles(tiles: list[Tile], *, seed: int, test_share: float = 0.35) -> Split:
    """Good specimens that hold no defect are dealt to train and test; every defect is in the test."""
    spoiled = {tile.specimen for tile in tiles if tile.kind != "good"}
    clean = [tile for tile in tiles if tile.kind == "good" and tile.specimen not in spoiled]
    specimens = np.random.default_rng(seed).permutation(sorted({tile.specimen for tile in clean}))
    held_out = set(specimens[: round(test_share * len(specimens))].tolist())
    return Split(
        tuple(tile for tile in clean if tile.specimen not in held_out),
        tuple(tile for tile in clean if tile.specimen in held_out),
        tuple(tile for tile in tiles if tile.kind != "good"),
    )


def load_tile(tile: Tile) -> tuple[RgbImage, Mask]:
    """Photo and mask (all 0 for a good one) at their own size."""
    image = load_image(tile.path)
    if tile.mask_path is None:
        return image, np.zeros(image.shape[:2], np.uint8)
    mask = load_image(tile.mask_path)[..., 0]
    return image, np.where(mask > 127, 255, 0).astype(np.uint8)


def to_working_size(image: RgbImage, mask: Mask) -> tuple[RgbImage, Mask]:
    """Both at `SIZE_HW`; a mask pixel is on where at least half of its area was."""
    height, width = SIZE_HW
    small = cv2.resize(image, (width, height), interpolation=cv2.INTER_AREA)
    cover = cv2.resize(mask, (width, height), interpolation=cv2.INTER_AREA)
    return small, np.where(cover > 127, 255, 0).astype(np.uint8)


def load_working(tile: Tile) -> tuple[RgbImage, Mask]:
    """Photo and mask of a tile at `SIZE_HW`."""
    return to_working_size(*load_tile(tile))
