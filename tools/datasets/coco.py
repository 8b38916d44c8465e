"""COCO: `images/<split>/`, `annotations/instances_<split>.json` with run lengths (`coco`) or polygons
(`coco-polygons`), one annotation a connected region, and exact masks as PNG in `masks/<split>/`.

Run lengths keep every pixel; polygons are outlines as annotation tools draw them and may lose a pixel at the border
and holes. Format: Lin et al., "Microsoft COCO", ECCV 2014.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from pathlib import Path, PurePosixPath
from typing import Any, TextIO

import cv2
import numpy as np

from tools.datasets.errors import DatasetError
from tools.datasets.files import inside, load_mask, read_json
from tools.datasets.model import GOOD, Entry, Sample
from tools.vision.images import load_image
from tools.vision.masks import Component, components, mask_to_rle
from tools.vision.types import Mask


class Coco:
    """See the module."""

    sculpted_splits = ("train", "val")

    def __init__(self, *, polygons: bool = False) -> None:
        """Write outlines instead of run lengths where `polygons` is set; reading takes both."""
        self.name = "coco-polygons" if polygons else "coco"
        self._polygons = polygons

    def place(self, name: str, label: str, split: str) -> Entry:
        """See `Layout.place`."""
        mask = None if label == GOOD else f"masks/{split}/{name}.png"
        return Entry(f"images/{split}/{name}.png", mask, label, split)

    def finish(self, root: Path, entries: Iterable[Entry]) -> None:
        """Write one annotation file a split, image by image."""
        rows = list(entries)
        labels = sorted({entry.label for entry in rows} - {GOOD})
        categories = {label: number for number, label in enumerate(labels, start=1)}
        (root / "annotations").mkdir(parents=True, exist_ok=True)
        for split in sorted({entry.split for entry in rows}):
            target = root / "annotations" / f"instances_{split}.json"
            partial = target.with_suffix(".part")
            with partial.open("w", encoding="utf-8") as stream:
                self._write(stream, root, [entry for entry in rows if entry.split == split], categories)
            partial.replace(target)

    def _write(self, stream: TextIO, root: Path, rows: list[Entry], categories: dict[str, int]) -> None:
        named = [{"id": number, "name": label, "supercategory": "defect"} for label, number in categories.items()]
        stream.write(f'{{"info": {{"description": "Red Rabbit"}}, "licenses": [], "categories": {json.dumps(named)},\n')
        stream.write('"images": [')
        for number, entry in enumerate(rows, start=1):
            height, width = load_image(root / entry.image).shape[:2]
            name = PurePosixPath(entry.image).relative_to(f"images/{entry.split}").as_posix()
            image = {"id": number, "file_name": name, "width": width, "height": height}
            stream.write((",\n" if number > 1 else "\n") + json.dumps(image))
        stream.write('],\n"annotations": [')
        written = 0
        for number, entry in enumerate(rows, start=1):
            if entry.mask is None:
                continue
            mask = load_mask(root / entry.mask)
            for part in components(mask):
                written += 1
                annotation = {"id": written, "image_id": number, "category_id": categories[entry.label], "iscrowd": 0}
                annotation |= self._region(part, mask.shape)
                stream.write((",\n" if written > 1 else "\n") + json.dumps(annotation))
        stream.write("]}\n")

    def _region(self, part: Component, shape: tuple[int, ...]) -> dict[str, Any]:
        x1, y1, x2, y2 = part.box_xyxy
        whole = np.zeros(shape, np.uint8)
        whole[part.slices()] = part.pixels
        outline = _outlines(whole) if self._polygons else []
        return {
            "segmentation": outline or mask_to_rle(whole),
            "area": part.area_px,
            "bbox": [x1, y1, x2 - x1, y2 - y1],
        }

    def recognises(self, root: Path) -> bool:
        """See `Layout.recognises`; the run-length writer reads both kinds."""
        return not self._polygons and bool(_files(root))

    def read(self, root: Path) -> Iterator[Sample]:
        """Split by split, by image id. Images lie in `images/<split>/`, `<split>/`, `images/` or the root."""
        for path in _files(root):
            split = path.stem.removeprefix("instances_") or "train"
            data = read_json(path)
            try:
                names = {int(row["id"]): str(row["name"]) for row in data["categories"]}
                by_image: dict[int, list[dict[str, Any]]] = {}
                for row in data["annotations"]:
                    by_image.setdefault(int(row["image_id"]), []).append(row)
                images = sorted(data["images"], key=lambda row: int(row["id"]))
            except (KeyError, TypeError, ValueError) as error:
                raise DatasetError(f"{path.name} is not a COCO file ({error!r} is missing or wrong)") from None
            for row in images:
                yield _sample(root, split, row, by_image.get(int(row["id"]), []), names)


def _files(root: Path) -> list[Path]:
    folder = root / "annotations" if (root / "annotations").is_dir() else root
    return sorted(folder.glob("instances_*.json")) or sorted(folder.glob("*annotations*.json"))


def _sample(
    root: Path, split: str, row: dict[str, Any], regions: list[dict[str, Any]], names: dict[int, str]
) -> Sample:
    file = str(row["file_name"])
    places = [f"images/{split}/{file}", f"{split}/{file}", f"images/{file}", file]
    path = inside(root, next((place for place in places if (root / place).is_file()), places[0]))
    image = load_image(path)
    if not regions:
        return Sample(path.stem, image, None, GOOD, split)
    mask = np.zeros(image.shape[:2], np.uint8)
    for region in regions:
        mask |= _decode(region.get("segmentation"), mask.shape, file)
    try:
        label = "+".join(sorted({names[int(region["category_id"])] for region in regions}))
    except (KeyError, ValueError) as error:
        raise DatasetError(f"an annotation of {file} has an unknown category ({error}); list it") from None
    return Sample(path.stem, image, mask, label, split)


def _decode(segmentation: Any, shape: tuple[int, ...], file: str) -> Mask:
    from pycocotools import mask as coco

    height, width = shape
    try:
        runs = coco.frPyObjects(segmentation, height, width) if not _is_compressed(segmentation) else segmentation
        decoded = coco.decode(coco.merge(runs) if isinstance(runs, list) else runs)
    except Exception as error:  # pycocotools raises bare Exceptions
        raise DatasetError(f"an annotation of {file} has no readable segmentation ({error}); export it again") from None
    if decoded.shape != (height, width):
        raise DatasetError(f"an annotation of {file} is for {decoded.shape}, the image is {height} x {width} px")
    return np.asarray(decoded, np.uint8) * np.uint8(255)


def _is_compressed(segmentation: Any) -> bool:
    return isinstance(segmentation, dict) and isinstance(segmentation.get("counts"), str | bytes)


def _outlines(mask: Mask) -> list[list[float]]:
    """Outer outlines as flat x, y lists, along the pixels' outer borders; [] for what has no polygon."""
    enlarged = np.kron(mask, np.ones((2, 2), np.uint8))
    contours, _ = cv2.findContours(enlarged, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE)
    flat = [((contour[:, 0].astype(float) + 0.5) / 2).round(2).ravel().tolist() for contour in contours]
    return [outline for outline in flat if len(outline) >= 6]
