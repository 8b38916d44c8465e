"""YOLO-seg: `images/<split>/`, `labels/<split>/<name>.txt` (class and outline in fractions), `data.yaml`; exact masks
as PNG in `masks/<split>/`.

An outline loses holes and up to a pixel at the border; where the PNG is there, it is what is read.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path, PurePosixPath
from typing import Any

import cv2
import numpy as np
import yaml

from tools.datasets.errors import DatasetError
from tools.datasets.files import load_mask
from tools.datasets.model import GOOD, Entry, Sample
from tools.vision.images import SUFFIXES, load_image, write_atomic
from tools.vision.types import Mask

DATA = "data.yaml"


class Yolo:
    """See the module."""

    name = "yolo"
    sculpted_splits = ("train", "val")

    def place(self, name: str, label: str, split: str) -> Entry:
        """See `Layout.place`."""
        mask = None if label == GOOD else f"masks/{split}/{name}.png"
        return Entry(f"images/{split}/{name}.png", mask, label, split)

    def finish(self, root: Path, entries: Iterable[Entry]) -> None:
        """Write a label file an image (empty for good ones) and `data.yaml`."""
        rows = list(entries)
        labels = sorted({entry.label for entry in rows} - {GOOD})
        for entry in rows:
            lines = []
            if entry.mask is not None:
                lines = [f"{labels.index(entry.label)} {line}" for line in _lines(load_mask(root / entry.mask))]
            relative = PurePosixPath(entry.image).relative_to("images").with_suffix(".txt")
            write_atomic(root / "labels" / relative, "".join(f"{line}\n" for line in lines).encode())
        data: dict[str, Any] = {"path": "."}
        data |= {split: f"images/{split}" for split in sorted({entry.split for entry in rows})}
        data["names"] = dict(enumerate(labels))
        write_atomic(root / DATA, yaml.safe_dump(data, sort_keys=False).encode())

    def recognises(self, root: Path) -> bool:
        """See `Layout.recognises`."""
        return (root / DATA).exists() and (root / "labels").is_dir()

    def read(self, root: Path) -> Iterator[Sample]:
        """Split by split, by file name."""
        names = _names(root)
        for folder in sorted(path for path in (root / "images").iterdir() if path.is_dir()):
            for path in sorted(path for path in folder.iterdir() if path.suffix.lower() in SUFFIXES):
                image = load_image(path)
                label_file = root / "labels" / folder.name / f"{path.stem}.txt"
                lines = label_file.read_text().split("\n") if label_file.exists() else []
                label, drawn = _draw([line for line in lines if line.strip()], image.shape[:2], names, label_file.name)
                exact = root / "masks" / folder.name / f"{path.stem}.png"
                mask = load_mask(exact) if label != GOOD and exact.exists() else drawn
                yield Sample(path.stem, image, mask, label, folder.name)


def _names(root: Path) -> dict[int, str]:
    try:
        names = yaml.safe_load((root / DATA).read_text())["names"]
        pairs = names.items() if isinstance(names, dict) else enumerate(names)
        return {int(number): str(name) for number, name in pairs}
    except (OSError, KeyError, TypeError, ValueError, yaml.YAMLError) as error:
        raise DatasetError(f"{root.name}/{DATA} has no list of names ({error}); write `names: [crack, …]`") from None


def _lines(mask: Mask) -> list[str]:
    height, width = mask.shape
    contours, _ = cv2.findContours(np.kron(mask, np.ones((2, 2), np.uint8)), cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE)
    lines = []
    for contour in contours:
        points = (contour[:, 0].astype(float) + 0.5) / 2 / (width, height)
        lines.append(" ".join(f"{value:.6f}" for value in points.ravel()))
    return lines


def _draw(lines: list[str], shape: tuple[int, int], names: dict[int, str], file: str) -> tuple[str, Mask | None]:
    if not lines:
        return GOOD, None
    from pycocotools import mask as coco

    height, width = shape
    found, mask = set(), np.zeros(shape, np.uint8)
    for line in lines:
        try:
            number, *values = line.split()
            points = np.array(values, float).reshape(-1, 2) * (width, height)
            found.add(names[int(number)])
        except (KeyError, ValueError) as error:
            raise DatasetError(f"labels/{file}: {error}; a line is a class number and x y pairs") from None
        if len(points) < 3:
            raise DatasetError(f"labels/{file}: an outline of {len(points)} points; YOLO-seg needs at least 3")
        mask |= coco.decode(coco.merge(coco.frPyObjects([points.ravel().tolist()], height, width)))
    return "+".join(sorted(found)), mask * np.uint8(255)
