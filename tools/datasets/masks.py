"""Plain masks: `images/<name>.png`, `masks/<name>.png` (0/255), and `labels.csv` with `name,label,split`.

Without `labels.csv`, an image with a mask that is not empty is labelled `defect`, every other one `good`, and all are
`train`.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator
from pathlib import Path, PurePosixPath

from tools.datasets.errors import DatasetError
from tools.datasets.files import load_mask, read_table
from tools.datasets.model import GOOD, Entry, Sample
from tools.vision.images import SUFFIXES, load_image, write_atomic

LABELS = "labels.csv"


class Masks:
    """See the module."""

    name = "masks"
    sculpted_splits = ("train", "val")

    def place(self, name: str, label: str, split: str) -> Entry:
        """See `Layout.place`."""
        return Entry(f"images/{name}.png", None if label == GOOD else f"masks/{name}.png", label, split)

    def finish(self, root: Path, entries: Iterable[Entry]) -> None:
        """Write `labels.csv`."""
        text = io.StringIO()
        table = csv.writer(text, lineterminator="\n")
        table.writerow(("name", "label", "split"))
        table.writerows((PurePosixPath(entry.image).stem, entry.label, entry.split) for entry in entries)
        write_atomic(root / LABELS, text.getvalue().encode())

    def recognises(self, root: Path) -> bool:
        """See `Layout.recognises`."""
        return (root / "images").is_dir() and ((root / "masks").is_dir() or (root / LABELS).exists())

    def read(self, root: Path) -> Iterator[Sample]:
        """By file name."""
        known: dict[str, tuple[str, str]] = {}
        if (root / LABELS).exists():
            try:
                known = {row["name"]: (row["label"], row["split"]) for row in read_table(root / LABELS)}
            except KeyError as error:
                raise DatasetError(f"{LABELS} has no column {error}; its head line is name,label,split") from None
        for path in sorted(path for path in (root / "images").iterdir() if path.suffix.lower() in SUFFIXES):
            beside = root / "masks" / f"{path.stem}.png"
            mask = load_mask(beside) if beside.exists() else None
            default = ("defect" if mask is not None and mask.any() else GOOD, "train")
            label, split = known.get(path.stem, default)
            yield Sample(path.stem, load_image(path), None if label == GOOD else mask, label, split)
