"""Small file helpers that the formats share."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import numpy as np

from tools.datasets.errors import DatasetError
from tools.vision.images import load_image
from tools.vision.types import Mask


def load_mask(path: Path) -> Mask:
    """A mask file as 0/255: everything above 127 is defect; so are all non-zero values of a 0/1 mask."""
    values = load_image(path)[..., 0]
    cut = 0 if values.max(initial=0) <= 1 else 127
    return np.where(values > cut, 255, 0).astype(np.uint8)


def read_json(path: Path) -> Any:
    """A JSON file.

    Raises:
        DatasetError: it is damaged.
    """
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise DatasetError(f"{path.name} cannot be read ({error}); write the data set again") from None


def read_table(path: Path) -> list[dict[str, str]]:
    """A CSV file with a head line."""
    with path.open(newline="", encoding="utf-8") as stream:
        return list(csv.DictReader(stream))


def inside(root: Path, relative: str) -> Path:
    """The path of a file that an index names.

    Raises:
        DatasetError: it points out of the data set, or there is no such file.
    """
    path = (root / relative).resolve()
    if not path.is_relative_to(root.resolve()):
        raise DatasetError(f"{relative!r} points out of the data set {root.name}; use paths relative to it")
    if not path.is_file():
        raise DatasetError(f"{root.name} names {relative!r}, which is not there; copy it in or write the set again")
    return path
