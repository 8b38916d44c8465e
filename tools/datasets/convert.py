"""From one format to another, sample by sample, and the facts of a data set."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from tools.datasets.errors import DatasetError
from tools.datasets.layout import defect_split
from tools.datasets.lineage import FILE as LINEAGE
from tools.datasets.lineage import read_lineage, write_lineage
from tools.datasets.model import GOOD, Entry, LineageRecord, Sample
from tools.datasets.registry import get_layout, recognise
from tools.vision.images import save_png


@dataclass(frozen=True)
class ConvertResult:
    """How many images went from which format to which."""

    n_images: int
    source_format: str
    target_format: str


def convert(source: Path, target: Path, layout: str, *, progress: Callable[[int], None] | None = None) -> ConvertResult:
    """Write a data set again in another format. Pixels and masks stay; lineage goes along with its paths renamed.

    MVTec AD keeps every defect in `test`; a defect without a mask cannot be converted.

    Raises:
        DatasetError: the source is none of the formats, or the target is not empty.
    """
    reader, writer = recognise(source), get_layout(layout)
    if target.exists() and (not target.is_dir() or any(target.iterdir())):
        raise DatasetError(f"{target} is not empty; choose an empty or new folder")
    target.mkdir(parents=True, exist_ok=True)
    entries: list[Entry] = []
    moved: dict[str, Entry] = {}
    taken: set[str] = set()
    for number, sample in enumerate(reader.read(source), start=1):
        label = _folder_name(sample.label)
        split = defect_split(writer, label, sample.split)
        entry = writer.place(_free_name(sample.name, taken), label, split)
        _write(sample, target, entry)
        entries.append(entry)
        moved[reader.place(sample.name, sample.label, sample.split).image] = entry
        if progress is not None:
            progress(number)
    if not entries:
        raise DatasetError(f"{source} holds no image; check the path")
    writer.finish(target, entries)
    if (source / LINEAGE).exists():
        write_lineage(target, (_renamed(record, moved) for record in read_lineage(source)))
    return ConvertResult(len(entries), reader.name, writer.name)


def _write(sample: Sample, target: Path, entry: Entry) -> None:
    save_png(target / entry.image, sample.image)
    if entry.mask is None:
        return
    if sample.mask is None:
        raise DatasetError(f"{sample.name} is labelled {sample.label!r} but has no mask; draw one or label it good")
    save_png(target / entry.mask, sample.mask)


def _renamed(record: LineageRecord, moved: dict[str, Entry]) -> LineageRecord:
    try:
        image, source = moved[record.image], moved[record.source]
    except KeyError as error:
        raise DatasetError(f"{LINEAGE} names {error}, which is not in the data set") from None
    return record.model_copy(update={"image": image.image, "mask": image.mask, "source": source.image})


def _folder_name(label: str) -> str:
    """A label as a folder may be called."""
    return "".join(char if char.isalnum() or char in "-_+" else "_" for char in label) or "defect"


def _free_name(name: str, taken: set[str]) -> str:
    """The name, or with a number behind it where another folder of the source used it already."""
    free, number = name, 1
    while free in taken:
        number += 1
        free = f"{name}-{number}"
    taken.add(free)
    return free


def info(root: Path) -> dict[str, Any]:
    """The facts of a data set: format, counts by split and label, sizes, mask shares, whether it can be traced.

    Raises:
        DatasetError: the folder is none of the formats, or damaged.
    """
    layout = recognise(root)
    counts: Counter[tuple[str, str]] = Counter()
    shares: list[float] = []
    heights, widths = set(), set()
    unmasked = 0
    for sample in layout.read(root):
        counts[sample.split, sample.label] += 1
        heights.add(sample.image.shape[0])
        widths.add(sample.image.shape[1])
        if sample.label != GOOD:
            unmasked += sample.mask is None
            if sample.mask is not None:
                shares.append(float((sample.mask > 0).mean()))
    if not counts:
        raise DatasetError(f"{root} holds no image; check the path")
    traced = sum(1 for _ in read_lineage(root)) if (root / LINEAGE).exists() else 0
    return {
        "format": layout.name,
        "n_images": sum(counts.values()),
        "counts": [
            {"split": split, "label": label, "images": number} for (split, label), number in sorted(counts.items())
        ],
        "height_px": {"min": min(heights), "max": max(heights)},
        "width_px": {"min": min(widths), "max": max(widths)},
        "mask_share": {"median": float(np.median(shares)), "max": max(shares)} if shares else None,
        "defects_without_mask": unmasked,
        "traced_images": traced,
    }
