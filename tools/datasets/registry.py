"""The formats by name, and which one a folder has."""

from __future__ import annotations

from pathlib import Path

from tools.datasets.coco import Coco
from tools.datasets.errors import DatasetError
from tools.datasets.layout import Layout
from tools.datasets.masks import Masks
from tools.datasets.mvtec import Mvtec
from tools.datasets.yolo import Yolo

LAYOUTS: dict[str, Layout] = {layout.name: layout for layout in (Mvtec(), Coco(), Coco(polygons=True), Yolo(), Masks())}
"""Format name → layout. The order is that of recognition: the most telling index files first."""


def get_layout(name: str) -> Layout:
    """A layout by its name.

    Raises:
        DatasetError: no such format.
    """
    if name not in LAYOUTS:
        raise DatasetError(f"no data-set format {name!r}; there are {', '.join(LAYOUTS)}")
    return LAYOUTS[name]


def recognise(root: Path) -> Layout:
    """The layout of a folder.

    Raises:
        DatasetError: the folder is missing or has none of the formats.
    """
    if not root.is_dir():
        raise DatasetError(f"{root} does not exist; check the path")
    for layout in LAYOUTS.values():
        if layout.recognises(root):
            return layout
    raise DatasetError(f"{root} is none of {', '.join(LAYOUTS)}; see docs/datasets.md for the folders of each")
